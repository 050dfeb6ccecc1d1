"""The database as one file and back: SQLite by its own online backup, PostgreSQL by pg_dump and pg_restore."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mewayz.backend.errors import ConfigError
from mewayz.backend.runtime import sqlite_path
from mewayz.backend.settings import Settings

_BUSY_SECONDS = 30.0


def engine(settings: Settings) -> str:
    """The name under which a backup remembers its engine."""
    return "sqlite" if settings.database_url.startswith("sqlite") else "postgresql"


def dump(settings: Settings, target: Path) -> None:
    """Write a consistent copy of the database to `target`; the server may go on working.

    Raises:
        ConfigError: it cannot be made.
    """
    if engine(settings) == "sqlite":
        _copy_sqlite(Path(sqlite_path(settings.database_url)), target)
        target_mode = "PRAGMA journal_mode=DELETE"  # one file, without a log beside it
        with closing(sqlite3.connect(target)) as copy:
            copy.execute(target_mode)
        return
    _postgres(settings, "pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])


def restore(settings: Settings, source: Path) -> None:
    """Replace the content of the database by that of `source`, wholly or not at all.

    Raises:
        ConfigError: it cannot be done.
    """
    if engine(settings) == "sqlite":
        path = Path(sqlite_path(settings.database_url))
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy_sqlite(source, path)
        return
    options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(source)]
    _postgres(settings, "pg_restore", options)


def sqlite_problem(path: Path) -> str | None:
    """What is wrong with a SQLite file, None when it is sound."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return str(error)
    return None if found == "ok" else found


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(source, timeout=_BUSY_SECONDS)) as read,
            closing(sqlite3.connect(target, timeout=_BUSY_SECONDS)) as written,
        ):
            read.backup(written)
    except sqlite3.Error as error:
        raise ConfigError(f"The database could not be copied ({error}). Stop Mewayz and try again.") from None


def _postgres(settings: Settings, name: str, options: list[str]) -> None:
    program = shutil.which(name)
    if program is None:
        raise ConfigError(f"{name} was not found. Install the PostgreSQL client programs, such as `apt-get install postgresql-client`.")
    parts = urlsplit(settings.database_url)
    environment = dict(os.environ)
    address = settings.database_url
    if parts.password:
        # Not in the arguments, which every user of the machine can list.
        environment["PGPASSWORD"] = unquote(parts.password)
        address = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@", 1)).geturl()
    command = [program, f"--dbname={address}", "--no-password", *options]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error:" in line] or done.stderr.strip().splitlines() or ["no reason given"]
        reason = lines[0].partition("error: ")[2] or lines[0]
        raise ConfigError(f"{name} failed: {reason.rstrip('.')}.")
