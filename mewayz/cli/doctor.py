"""`mewayz doctor`: what of this installation is right, and what to do about the rest."""

import asyncio
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import click
import redis.asyncio as redis
from redis.exceptions import RedisError

from mewayz.backend.errors import MewayzError
from mewayz.backend.runtime import connect_database, sqlite_path
from mewayz.backend.settings import Settings, load_settings
from mewayz.cli.build import INDEX, is_built
from mewayz.cli.command import Command, counted, epilog, json_option, say_json
from mewayz.cli.project import enter, toolchain
from mewayz.cli.schema import known, newest, revision_of

_PATIENCE = 5.0
_LITTLE = 200 * 1024 * 1024
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


class State(StrEnum):
    """How a check went."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the installation: its state, and in words what to do when that is not ok."""

    name: str
    state: State
    words: str


def _ok(name: str, words: str) -> Check:
    return Check(name, State.OK, words)


def _note(name: str, words: str) -> Check:
    return Check(name, State.NOTE, words)


def _wrong(name: str, words: str) -> Check:
    return Check(name, State.WRONG, words)


def _checks(project: Path) -> Iterator[Check]:
    try:
        settings = load_settings()
    except MewayzError as error:
        yield _wrong("settings", error.message)
        return
    yield _settings(settings)
    yield _folder(settings)
    if settings.database_url.startswith("sqlite") and not Path(sqlite_path(settings.database_url)).is_file():
        yield _wrong("database", "There is no database yet. Run `mewayz migrate`.")  # opening it would make one
    else:
        yield asyncio.run(_database(settings))
    yield asyncio.run(_redis(settings))
    build = _build(project)
    yield _node(built=build.state is not State.WRONG)
    yield build


def _settings(settings: Settings) -> Check:
    if settings.workers > 1 and not settings.redis_url:
        return _wrong("settings", "More than one worker needs Redis: set MEWAYZ_REDIS_URL, or MEWAYZ_WORKERS=1.")
    if settings.production and not settings.smtp_url:
        return _note("settings", "Production without MEWAYZ_SMTP_URL: mails are only written to the data folder.")
    return _ok("settings", f"{settings.env}, {settings.host}:{settings.port}, {counted(settings.workers, 'worker')}")


def _folder(settings: Settings) -> Check:
    if readable := " ".join(str(file) for file in _private(settings) if _others_may(file)):
        return _wrong("folder", f"Others on this machine may read {readable}. Run: chmod 600 {readable}")
    if _others_may(settings.data_dir):
        return _note("folder", f"Others on this machine may look into {settings.data_dir}. Run: chmod 700 {settings.data_dir}")
    free = shutil.disk_usage(settings.data_dir).free
    if free < _LITTLE:
        return _note("folder", f"Only {free // 2**20} MB are free in {settings.data_dir}.")
    return _ok("folder", f"{settings.data_dir} can be written; {free / 2**30:.1f} GB free")


def _private(settings: Settings) -> Iterator[Path]:
    """The files with secrets and people in them."""
    yield settings.data_dir / "secret.key"
    if settings.database_url.startswith("sqlite"):
        file = Path(sqlite_path(settings.database_url))
        yield from (file.with_name(file.name + ending) for ending in ("", "-wal", "-shm"))


def _others_may(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & _OTHERS_MAY)


async def _database(settings: Settings) -> Check:
    try:
        database = await connect_database(settings)
    except MewayzError as error:
        return _wrong("database", error.message)
    try:
        found = await revision_of(database)
    finally:
        await database.close()
    engine = "SQLite" if database.sqlite else "PostgreSQL"
    if found == newest():
        return _ok("database", f"{engine}, schema {found}")
    if found is None:
        return _wrong("database", f"{engine} answers, but has no schema yet. Run `mewayz migrate`.")
    if found in known():
        return _wrong("database", f"{engine} has the older schema {found}. Run `mewayz migrate`.")
    return _wrong("database", f"{engine} has the schema {found} of a newer Mewayz. Install that version.")


async def _redis(settings: Settings) -> Check:
    if not settings.redis_url:
        return _ok("redis", "not configured: the cache is in this process")
    try:
        client: redis.Redis = redis.from_url(settings.redis_url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    except ValueError as error:
        return _wrong("redis", f"MEWAYZ_REDIS_URL is not valid: {error}.")
    try:
        version = (await client.info("server"))["redis_version"]
    except (RedisError, OSError) as error:
        return _wrong("redis", f"Redis does not answer ({error}). Check MEWAYZ_REDIS_URL and that it is running.")
    finally:
        await client.aclose()
    return _ok("redis", f"Redis {version}")


def _node(*, built: bool) -> Check:
    try:
        path = toolchain()["PATH"]
        program = shutil.which("node", path=path) or "node"
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except MewayzError as error:
        # Only building needs it.
        return _note("node", error.message) if built else _wrong("node", error.message)
    except (OSError, subprocess.SubprocessError) as error:
        return _wrong("node", f"Node does not start ({error}). Install the locked environment with `make run`.")
    return _ok("node", f"Node {done.stdout.strip().removeprefix('v')}")


def _build(project: Path) -> Check:
    if not (project / INDEX).is_file():
        return _wrong("build", "The pages are not built. Run `mewayz build`; `mewayz run` does it too.")
    if not is_built(project):
        return _note("build", "The pages are older than their sources; the next `mewayz run` builds them.")
    return _ok("build", "the pages are current")


_MARKS = {State.OK: ("✓", "green"), State.NOTE: ("!", "yellow"), State.WRONG: ("✗", "red")}


@click.command(
    cls=Command,
    epilog=epilog("mewayz doctor", "mewayz doctor --json", more="Exit codes: 0 all is well, 1 something is wrong, 2 wrong usage."),
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check settings, data folder, database, Redis, Node and the built pages, and say what to mend."""
    checks = list(_checks(enter()))
    wrong = sum(check.state is State.WRONG for check in checks)
    if as_json:
        say_json({"success": not wrong, "data": {"checks": [asdict(check) for check in checks]}})
    else:
        for check in checks:
            mark, colour = _MARKS[check.state]
            click.echo(f"{click.style(mark, fg=colour)} {check.name:<9} {check.words}")
        click.echo(f"\n{counted(wrong, 'thing')} to mend." if wrong else "\nAll is well.")
    ctx.exit(1 if wrong else 0)
