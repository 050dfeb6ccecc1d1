"""PostgreSQL for the tests: a cluster of its own, whose databases are emptied and used again."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from tests.services import MissingService, Server, free_port

_POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/pgsql-*/bin")
VERSION = "alembic_version"
"""The table whose only row belongs to the schema."""

# What a database consists of beside its rows. A thing that is made anew has another number.
_SHAPE = f"""
SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
  SELECT concat_ws(' ', 'schema', oid, nspname) AS line FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
  UNION ALL SELECT concat_ws(' ', 'class', oid, relname, relkind, relnamespace, relhastriggers, reloptions)
    FROM pg_class WHERE oid >= 16384 AND relkind <> 't'
  UNION ALL SELECT concat_ws(' ', 'column', attrelid, attname, atttypid, attnotnull, attisdropped) FROM pg_attribute WHERE attrelid >= 16384
  UNION ALL SELECT concat_ws(' ', 'default', adrelid, adnum, adbin) FROM pg_attrdef
  UNION ALL SELECT concat_ws(' ', 'rule', oid, conname, conrelid, convalidated) FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT concat_ws(' ', 'trigger', oid, tgname, tgrelid, tgfoid, tgenabled) FROM pg_trigger
  UNION ALL SELECT concat_ws(' ', 'function', oid, proname, pronamespace, prosrc) FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT concat_ws(' ', 'type', oid, typname) FROM pg_type WHERE oid >= 16384
  UNION ALL SELECT concat_ws(' ', 'extension', oid, extname, extversion) FROM pg_extension
  UNION ALL SELECT concat_ws(' ', 'setting', setdatabase, setrole, setconfig) FROM pg_db_role_setting
  UNION ALL SELECT query_to_xml('SELECT * FROM {VERSION}', false, true, '')::text
) AS lines"""
_OTHERS_LEAVE = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# Only what holds something: to empty a table costs as much as to make one.
_EMPTY = f"""
DO $$
DECLARE filled text;
BEGIN
  SET LOCAL lock_timeout = '5s';
  SELECT string_agg(oid::regclass::text, ', ') INTO filled FROM pg_class
    WHERE oid >= 16384 AND relkind = 'r' AND relname <> '{VERSION}' AND pg_relation_size(oid) > 0;
  IF filled IS NOT NULL THEN
    EXECUTE 'TRUNCATE ' || filled || ' CASCADE';
  END IF;
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$"""


def postgres_program(name: str) -> str:
    """The path of a PostgreSQL server program; the newest version wins."""
    folders = [str(folder) for pattern in _POSTGRES_FOLDERS for folder in Path("/").glob(pattern[1:])]
    folders.sort(key=lambda folder: [int(part) for part in folder.split("/") if part.isdigit()], reverse=True)
    found = shutil.which(name) or next((path for folder in folders if (path := shutil.which(name, path=folder))), None)
    if found is None:
        raise MissingService("postgresql")
    return found


class Postgres(Server):
    """A PostgreSQL cluster of its own; as root it runs as the user that Debian made for it, because it refuses root."""

    stop_signal = signal.SIGINT  # "fast": SIGTERM would wait for every client

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self.data = self.folder / "data"
        self._number = 0
        self._template = ""
        self._shape = ""
        self._free: list[str] = []

    def options(self) -> Mapping[str, Any]:
        if os.geteuid() != 0:
            return {}
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            raise MissingService("postgresql") from None
        return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def prepare(self) -> None:
        where = [postgres_program("initdb"), "-D", self.data, "-U", "mewayz"]
        command = [*where, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        options = self.options()
        if options:
            os.chown(self.folder, options["user"], options["group"])
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, **options)
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def command(self) -> Sequence[str | Path]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            # Durability is not under test, and costs most of the time of a test.
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [postgres_program("postgres"), "-D", self.data, *given]

    def url(self, database: str) -> str:
        """How the product is told about a database."""
        return f"postgresql://mewayz@127.0.0.1:{self.port}/{database}"

    def ready(self) -> bool:
        try:
            self.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def execute(self, *statements: str, database: str = "postgres") -> Any:
        """Run statements one by one, by default on the maintenance database; the first cell of the last answer."""

        async def work() -> Any:
            connection = await asyncpg.connect(self.url(database), timeout=5)
            try:
                answers = [await connection.fetch(statement) for statement in statements]
            finally:
                await connection.close()
            return answers[-1][0][0] if answers[-1] else None

        # In a thread, because the calling one may have an event loop of its own.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, work()).result()

    def create(self, template: str = "template0") -> str:
        """A new database, as a copy of `template`; returns its name."""
        self._number += 1
        name = f"test_{self._number}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def lent(self, migrate: Callable[[str], None]) -> Iterator[str]:
        """A database as `migrate(url)` leaves it, with nothing in it.

        To make one and to remove it costs more than most tests do: it is emptied and lent again, unless it has lost its shape.
        """
        if not self._template:
            self._template = self.create()
            migrate(self.url(self._template))
            self._shape = self.execute(_SHAPE, database=self._template)
        name = self._free.pop() if self._free else self.create(self._template)
        try:
            yield name
        finally:
            if self._emptied(name):
                self._free.append(name)
            else:
                self.drop(name)

    def _emptied(self, name: str) -> bool:
        """Empty a database; whether it is as the template then."""
        try:
            return self.execute(_OTHERS_LEAVE, _EMPTY, _SHAPE, database=name) == self._shape
        except asyncpg.PostgresError:
            return False
