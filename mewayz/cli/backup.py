"""`mewayz backup` and `mewayz restore`: database, uploads and the secret of the data folder in one tar file."""

import asyncio
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import click
import orjson

from mewayz.backend import audit, clock
from mewayz.backend.access import SYSTEM, act_as
from mewayz.backend.columns import time_text
from mewayz.backend.errors import ConfigError
from mewayz.backend.runtime import Runtime, connect_database
from mewayz.backend.settings import Settings, load_settings
from mewayz.backend.unit import unit
from mewayz.cli import dumps
from mewayz.cli.command import Command, Report, epilog, is_interactive, json_option, progress, run_on_data, say
from mewayz.cli.project import enter
from mewayz.cli.schema import known, revision_of

FORMAT = 1
MANIFEST, DATABASE, SECRET, UPLOADS = "manifest.json", "database", "secret.key", "uploads"
STAGED = ".mewayz-restored"
_TAGS = ("users", "products", "orders", "customers", "analytics", "shop")


def _fingerprint(settings: Settings) -> str:
    """Tells two secrets apart without telling either: the secret is long and random."""
    return hashlib.sha256(b"backup:" + settings.secret_key.get_secret_value().encode()).hexdigest()[:16]


@contextmanager
def _folder(near: Path) -> Generator[Path]:
    """A private folder on the disk of `near`."""
    try:
        with TemporaryDirectory(dir=near, prefix=".mewayz-") as name:
            yield Path(name)
    except OSError as error:
        raise ConfigError(f"{error.filename or near} cannot be written ({error.strerror}).") from None


def _plain_files(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return member if member.isfile() or member.isdir() else None


def _kept_secret(settings: Settings) -> Path | None:
    """The file of the secret, when that is where the secret comes from."""
    path = settings.data_dir / SECRET
    kept = path.is_file() and path.read_text().strip() == settings.secret_key.get_secret_value()
    return path if kept else None


def _pack(settings: Settings, folder: Path, file: Path, revision: str | None) -> dict[str, Any]:
    """Write the tar beside its place, then put it there: an earlier backup is kept until the new one is whole."""
    dumps.dump(settings, folder / DATABASE)
    secret = _kept_secret(settings)
    manifest = {
        "format": FORMAT,
        "made": time_text(clock.now()),
        "engine": dumps.engine(settings),
        "revision": revision,
        "secretIncluded": secret is not None,
        "secretFingerprint": _fingerprint(settings),
    }
    (folder / MANIFEST).write_bytes(orjson.dumps(manifest))
    draft = folder / "backup.tar"
    draft.touch(0o600)  # password hashes and perhaps the secret are inside
    with tarfile.open(draft, "w:gz" if file.name.endswith("gz") else "w") as tar:
        tar.add(folder / MANIFEST, MANIFEST)
        tar.add(folder / DATABASE, DATABASE)
        if secret is not None:
            tar.add(secret, SECRET)
        if settings.upload_dir.is_dir():
            tar.add(settings.upload_dir, UPLOADS, filter=_plain_files)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(file)
    return manifest


@click.command(cls=Command, epilog=epilog("mewayz backup /backups/mewayz.tar", "mewayz backup /backups/mewayz.tar.gz --force"))
@click.argument("file", type=click.Path(dir_okay=False, resolve_path=True, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it exists.")
@json_option
def backup(file: Path, force: bool, as_json: bool) -> None:
    """Save database and uploads into one tar FILE, compressed when its name ends in gz. Mewayz may be running.

    The secret key is saved too when it is kept in the data folder; MEWAYZ_SECRET_KEY is not. Without it nobody can
    sign in to what is restored, so keep it apart from FILE.
    """
    if file.exists() and not force:
        raise ConfigError(f"{file} exists already. Choose another name, or add --force.")

    async def revision(runtime: Runtime) -> str | None:
        return await revision_of(runtime.database)

    found = run_on_data(revision, reads_only=True)
    settings = load_settings()
    with progress("Saving") as report, _folder(file.parent) as folder:
        report(0.0)
        manifest = _pack(settings, folder, file, found)
    size = file.stat().st_size
    words = f"Saved database and uploads to {file} ({size / 2**20:.1f} MB)."
    if not manifest["secretIncluded"]:
        words += "\nMEWAYZ_SECRET_KEY is not in it: keep it somewhere else, nobody can sign in without it."
    say(words, {"file": str(file), "bytes": size, **manifest}, as_json=as_json)


def _extract(file: Path, folder: Path) -> dict[str, Any]:
    """Take the files out that a backup has, and no other: a tar may name any path. Returns the manifest."""
    with tarfile.open(file) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            known_name = member.name in {MANIFEST, DATABASE, SECRET} or (path.parts[0] == UPLOADS and ".." not in path.parts)
            if member.isdir() and known_name:
                continue
            content = tar.extractfile(member) if member.isfile() and known_name else None
            if content is None:
                raise tarfile.TarError(f"{member.name} does not belong into it")
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with content, (folder / path).open("wb") as target:
                shutil.copyfileobj(content, target)
    return orjson.loads((folder / MANIFEST).read_bytes())


def _unpack(file: Path, folder: Path, settings: Settings) -> dict[str, Any]:
    """Take the tar apart and check it before anything is touched.

    Raises:
        ConfigError: it is no backup, damaged, or not for this installation.
    """
    try:
        manifest = _extract(file, folder)
    except (tarfile.TarError, EOFError, zlib.error, FileNotFoundError, ValueError) as error:
        raise ConfigError(f"{file} is no backup of Mewayz, or is damaged ({error}).") from None
    if manifest.get("format") != FORMAT or manifest.get("revision") not in known():
        raise ConfigError(f"{file} comes from a newer Mewayz. Install that version to restore it.")
    engine = dumps.engine(settings)
    if manifest["engine"] != engine:
        raise ConfigError(f"{file} holds a {manifest['engine']} database, and MEWAYZ_DATABASE_URL names a {engine} one.")
    if engine == "sqlite" and (problem := dumps.sqlite_problem(folder / DATABASE)):
        raise ConfigError(f"The database in {file} is damaged ({problem}). Nothing was changed.")
    return manifest


async def _present_revision(settings: Settings) -> str | None:
    database = await connect_database(settings)
    try:
        return await revision_of(database)
    finally:
        await database.close()


def _require_same_schema(settings: Settings, revision: str) -> None:
    """pg_restore replaces the tables that it knows; others would stay, and be in the way of the migration.

    Raises:
        ConfigError: the database has another schema.
    """
    if dumps.engine(settings) == "postgresql" and asyncio.run(_present_revision(settings)) not in {None, revision}:
        raise ConfigError("The backup has another schema than the database. Restore it into an empty database.")


def _stage_uploads(folder: Path, place: Path) -> Path | None:
    """Bring the saved uploads to their disk, where a full one is noticed before anything is replaced."""
    saved, staged = folder / UPLOADS, place / STAGED
    if not saved.is_dir():
        return None
    shutil.rmtree(staged, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    shutil.move(saved, staged)
    return staged


def _swap_uploads(place: Path, staged: Path | None) -> None:
    """Replace the uploads; the folder itself may be a mount point and stays."""
    for path in place.iterdir() if place.is_dir() else ():
        if path != staged:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if staged is not None:
        for path in staged.iterdir():
            path.rename(place / path.name)
        staged.rmdir()


def _put_back(folder: Path, settings: Settings, report: Report) -> None:
    staged = _stage_uploads(folder, settings.upload_dir)
    report(0.3, "Restoring the database")
    dumps.restore(settings, folder / DATABASE)
    report(0.9, "Restoring uploads")
    _swap_uploads(settings.upload_dir, staged)
    if (folder / SECRET).is_file() and (place := _kept_secret(settings)):
        (folder / SECRET).chmod(0o600)
        (folder / SECRET).replace(place)


@click.command(cls=Command, epilog=epilog("mewayz restore /backups/mewayz.tar", "mewayz restore /backups/mewayz.tar.gz --yes"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def restore(file: Path, yes: bool, as_json: bool) -> None:
    """Bring back what `backup` saved in FILE. What is there now is replaced; stop Mewayz first."""
    enter()
    settings = load_settings()
    with _folder(settings.data_dir) as folder:
        manifest = _unpack(file, folder, settings)
        if not yes:
            if not is_interactive():
                raise ConfigError("Restoring replaces everything that is there now: add --yes.")
            click.confirm(f"Replace everything that is there now by the state of {manifest['made']}?", abort=True, err=True)
        _require_same_schema(settings, manifest["revision"])
        with progress("Restoring") as report:
            _put_back(folder, settings, report)

    async def work(runtime: Runtime) -> None:
        with act_as(SYSTEM):
            async with unit() as opened:
                opened.touch(*_TAGS)
                audit.record(opened, "system.restored", "", {"made": manifest["made"]}, risk="high")

    run_on_data(work)
    words = f"Restored the state of {manifest['made']}. Restart Mewayz if it is running."
    same = _fingerprint(load_settings()) == manifest["secretFingerprint"]
    if not same:
        words += "\nMEWAYZ_SECRET_KEY is not the one of this backup: nobody can sign in until it is."
    say(words, {"made": manifest["made"], "revision": manifest["revision"], "sameSecret": same}, as_json=as_json)
