"""Real services for the tests: each starts on a free port in a temporary folder and leaves nothing behind."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import asyncpg

ROOT = Path(__file__).resolve().parents[1]
SECRET = "only-for-tests-0123456789-abcdefghijklmnop"  # a value that production would accept

# All tests come from one address.
PATIENT = {"RATE_LIMIT_ANONYMOUS": 1_000_000, "RATE_LIMIT_SIGNED_IN": 1_000_000, "RATE_LIMIT_SIGN_IN": 1_000_000}

HOW_TO_GET = {
    "redis-server": "Redis: apt-get install redis-server",
    "postgresql": "PostgreSQL: apt-get install postgresql",
    "chromium": "Chromium: apt-get install chromium",
}
_POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/pgsql-*/bin")


# Names of the earlier system that the settings accept beside MEWAYZ_*.
_ALIASES = ("JWT_SECRET", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "ALLOWED_ORIGINS", "MAX_FILE_SIZE", "UPLOAD_PATH")


def child_environment(**settings: object) -> dict[str, str]:
    """The environment without any configuration of Mewayz, plus `settings` as MEWAYZ_* variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEWAYZ_", "EMAIL_")) and name not in _ALIASES}
    return kept | {f"MEWAYZ_{name}": str(value) for name, value in settings.items()}


class MissingService(Exception):
    """A program that a test needs is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(f"{package} is not installed")
        self.package = package


def free_port() -> int:
    """A port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres_program(name: str) -> str:
    """The path of a PostgreSQL server program; the newest version wins."""
    folders = [str(folder) for pattern in _POSTGRES_FOLDERS for folder in Path("/").glob(pattern[1:])]
    folders.sort(key=lambda folder: [int(part) for part in folder.split("/") if part.isdigit()], reverse=True)
    found = shutil.which(name) or next((path for folder in folders if (path := shutil.which(name, path=folder))), None)
    if found is None:
        raise MissingService("postgresql")
    return found


def redis_program() -> str:
    """The path of redis-server."""
    found = shutil.which("redis-server")
    if found is None:
        raise MissingService("redis-server")
    return found


def chromium_program() -> str:
    """The path of Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise MissingService("chromium")
    return found


class Server(ABC):
    """A child process with a temporary folder; `with` starts it, waits until it answers, and ends it by its id."""

    patience = 60.0
    stop_signal = signal.SIGTERM

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mewayz-test-"))
        self.log = self.folder / "output.log"
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """What to run."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers."""

    def prepare(self) -> None:  # noqa: B027 (most need nothing)
        """What must happen in the folder before the start."""

    def options(self) -> Mapping[str, Any]:
        """More arguments for Popen."""
        return {}

    def start(self) -> None:
        """Start the process and wait until it answers."""
        with self.log.open("ab") as log:
            # Its own session: Ctrl-C reaches only pytest, which then ends it in order.
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **self.options()
            )
        wait_for(self.ready, self.patience, self._alive)

    def _alive(self) -> None:
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"{type(self).__name__} ended at its start:\n{self.output()}")

    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def stop(self, kill: bool = False) -> None:
        """End the process and its children, and wait for it."""
        if self.process is None:
            return
        if not kill and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for(ready: Callable[[], bool], patience: float, check: Callable[[], None] = lambda: None) -> None:
    """Wait until `ready()`; `check()` may raise earlier."""
    deadline = time.monotonic() + patience
    while not ready():
        check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer after {patience:.0f} s")
        time.sleep(0.05)


class Redis(Server):
    """redis-server without persistence."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str | Path]:
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return [redis_program(), *where, "--save", "", "--appendonly", "no", "--daemonize", "no"]

    def say(self, *words: str) -> bytes:
        """Send one command of the inline protocol and return the first bytes of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(" ".join(words).encode() + b"\r\n")
            return connection.recv(4096)

    def ready(self) -> bool:
        try:
            return self.say("PING") == b"+PONG\r\n"
        except OSError:
            return False

    def clear(self) -> None:
        """Forget every key."""
        self.say("FLUSHALL")


class Postgres(Server):
    """A PostgreSQL cluster of its own; as root it runs as the user that Debian made for it, because it refuses root."""

    stop_signal = signal.SIGINT  # "fast": SIGTERM would wait for every client

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self.data = self.folder / "data"
        self._number = 0
        self._templates: dict[str, str] = {}

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

    def execute(self, *statements: str) -> None:
        """Run statements one by one on the maintenance database."""

        async def work() -> None:
            connection = await asyncpg.connect(self.url("postgres"), timeout=5)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        # In a thread, because the calling one may have an event loop of its own.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, work()).result()

    def create(self, template: str = "template0") -> str:
        """A new database, as a copy of `template`; returns its name."""
        self._number += 1
        name = f"test_{self._number}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def template(self, key: str, fill: Callable[[str], None]) -> str:
        """The name of a database that `fill(url)` filled once per session."""
        if key not in self._templates:
            name = self.create()
            fill(self.url(name))
            self._templates[key] = name
        return self._templates[key]


class Mewayz(Server):
    """The product itself, started as a person does: `mewayz run`, on the built pages."""

    # The first start of a session may have to build the pages.
    patience = 600.0

    def __init__(self, **settings: object) -> None:
        super().__init__()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = self.folder / "data"
        self.settings = {"DATA_DIR": self.data_dir, "PORT": self.port, **PATIENT, **settings}

    def environment(self) -> dict[str, str]:
        """What the server, or a command on the same data, is started with."""
        return child_environment(**self.settings)

    def command(self) -> Sequence[str | Path]:
        return [sys.executable, "-m", "mewayz.cli", "run"]

    def options(self) -> Mapping[str, Any]:
        return {"env": self.environment(), "cwd": ROOT}

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2):
                return True
        except OSError:
            return False

    def cli(self, *words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run another `mewayz` command on the same data."""
        command = [sys.executable, "-m", "mewayz.cli", *words]
        return subprocess.run(command, env=self.environment(), cwd=ROOT, input=stdin, capture_output=True, text=True)
