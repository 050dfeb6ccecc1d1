"""The file of an SQLite database, and how it is opened."""

import sqlite3
from pathlib import Path

BUSY_SECONDS = 10.0
"""How long one process waits for the writer of another."""


def make_private(file: Path) -> None:
    """Make the file of a database where there is none, for its owner alone: password hashes are in it.

    The log beside it gets the same mode from SQLite.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)


def connect(path: str, *, readonly: bool) -> sqlite3.Connection:
    """Open a connection; one that is not `readonly` never waits by itself for another writer."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=BUSY_SECONDS)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    # A load changes pages all over; those that do not fit are written more than once.
    connection.execute(f"PRAGMA cache_size={-16_000 if readonly else -64_000}")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    # The writer waits in `_begin`, without blocking the loop.
    connection.execute("PRAGMA query_only=ON" if readonly else "PRAGMA busy_timeout=0")
    connection.create_function("unicode_lower", 1, _lower, deterministic=True)
    return connection


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()
