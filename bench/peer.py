"""The peer: a usual Express list of users, on the database that Mewayz has filled."""

import asyncio
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from typing_extensions import override

from bench.stores import Store
from mewayz.backend.errors import ConfigError
from mewayz.backend.runtime import sqlite_path
from mewayz.cli.project import toolchain
from tests.services import MissingService, Server, free_port

FOLDER = Path(__file__).parent / "peers"


class Express(Server):
    """Express on Node's own SQLite driver, or on pg."""

    def __init__(self, store: Store) -> None:
        """Choose a port; nothing runs yet.

        Raises:
            MissingService: its packages cannot be installed here.
        """
        super().__init__()
        self._environment = _installed()
        self._store = store
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    @override
    def command(self) -> Sequence[str | Path]:
        store = self._store
        where = ["sqlite", sqlite_path(store.url)] if store.engine == "SQLite" else ["postgres", store.url]
        node = shutil.which("node", path=self._environment["PATH"])
        assert node is not None
        return [node, "--disable-warning=ExperimentalWarning", FOLDER / "express.js", str(self.port), *where]

    @override
    def options(self) -> Mapping[str, Any]:
        return {"env": {**self._environment, "NODE_ENV": "production"}}

    @override
    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/users?limit=1&count=skip", timeout=5):
                return True
        except OSError:
            return False


@contextmanager
def best_index(store: Store) -> Iterator[None]:
    """For the block, the index from which the peer counts as fast as it can; Mewayz has no use for it."""
    _run(store, "CREATE INDEX peer_counts ON users (role, plan, status)")
    try:
        yield
    finally:
        _run(store, "DROP INDEX peer_counts")


def _run(store: Store, statement: str) -> None:
    async def on_postgres() -> None:
        connection = await asyncpg.connect(store.url)
        await connection.execute(statement)
        await connection.close()

    if store.engine == "PostgreSQL":
        asyncio.run(on_postgres())
        return
    with closing(sqlite3.connect(sqlite_path(store.url))) as connection:
        connection.execute(statement)


def _installed() -> dict[str, str]:
    """The environment that node is started with, after its packages have been installed exactly as locked."""
    try:
        environment = toolchain()
    except ConfigError as error:
        raise MissingService("npm") from error
    lock = FOLDER / "package-lock.json"
    stamp = FOLDER / "node_modules" / ".package-lock.json"
    if not stamp.is_file() or stamp.stat().st_mtime < lock.stat().st_mtime:
        npm = shutil.which("npm", path=environment["PATH"])
        assert npm is not None
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingService("the npm packages of bench/peers")
    return environment
