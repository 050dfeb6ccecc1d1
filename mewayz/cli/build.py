"""`mewayz build`: the static pages in .web, made anew only when something that they come from changed."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import click

from mewayz.backend.errors import ConfigError
from mewayz.cli.project import enter, toolchain

STAMP = Path(".web", "mewayz-build.json")
INDEX = Path(".web", "build", "client", "index.html")
LOG = Path(".web", "mewayz-build.log")
_LAST_LINES = 25


def _digest(project: Path, paths: Iterable[Path]) -> str:
    """One hash over the name and the content of files."""
    digest = hashlib.sha256(version("reflex").encode())
    for path in sorted(paths):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(project).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def source_digest(project: Path) -> str:
    """The state of everything written by hand that the pages are made from."""
    own = [project / "rxconfig.py", project / "requirements.lock", *(project / "mewayz").rglob("*.py")]
    # assets/external holds links that Reflex makes while it compiles.
    assets = (path for path in (project / "assets").rglob("*") if path.relative_to(project).parts[1] != "external")
    return _digest(project, [*own, *assets])


def package_digest(project: Path) -> str:
    """The state of the npm lock, which the build itself completes when a page needs a new package."""
    return _digest(project, (project / "reflex.lock").iterdir() if (project / "reflex.lock").is_dir() else ())


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    """Let two starts at once build one after the other."""
    with (project / "rxconfig.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_built(project: Path) -> bool:
    """Whether the pages in .web are those of the present sources."""
    try:
        stamp = json.loads((project / STAMP).read_text())
    except (OSError, ValueError):
        return False
    wanted = {"sources": source_digest(project), "packages": package_digest(project)}
    return (project / INDEX).is_file() and stamp == wanted


def ensure_built(project: Path, *, force: bool = False) -> bool:
    """Build the pages unless they are current; whether it had to.

    Raises:
        ConfigError: the build failed; its last lines and the place of its log are in the message.
    """
    with _alone(project):
        if not force and is_built(project):
            return False
        first = not (project / ".web" / "node_modules").is_dir()
        click.echo("Building the pages (the first time takes about a minute) ..." if first else "Building the pages, which changed ...")
        started = time.monotonic()
        sources = source_digest(project)  # before, so that what is edited meanwhile is built the next time
        (project / STAMP).unlink(missing_ok=True)
        (project / LOG).parent.mkdir(exist_ok=True)
        with (project / LOG).open("w") as log:
            done = subprocess.run(
                [sys.executable, "-m", "mewayz.cli.frontend"],
                cwd=project, env=toolchain(), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        if done.returncode or not (project / INDEX).is_file():
            lines = (project / LOG).read_text(errors="replace").rstrip().splitlines()[-_LAST_LINES:]
            click.echo("\n".join(lines), err=True)
            raise ConfigError(f"The pages could not be built; the end of {LOG} is above.")
        (project / STAMP).write_text(json.dumps({"sources": sources, "packages": package_digest(project)}))
        click.echo(f"Built the pages in {time.monotonic() - started:.0f} s.")
        return True


@click.command()
@click.option("--force", is_flag=True, help="Build even when nothing changed.")
@click.option("--relock", is_flag=True, help="Also resolve reflex.lock/ anew.")
def build(force: bool, relock: bool) -> None:
    """Build the pages without serving them."""
    project = enter()
    if relock:
        shutil.rmtree(project / "reflex.lock", ignore_errors=True)
        shutil.rmtree(project / ".web", ignore_errors=True)
    if not ensure_built(project, force=force or relock):
        click.echo("The pages are current.")
