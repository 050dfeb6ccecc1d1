"""Real services for the tests: each starts on a free port in a temporary folder and leaves nothing behind."""

import contextlib
import os
import secrets
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
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
SECRET = "only-for-tests-0123456789-abcdefghijklmnop"  # a value that production would accept

# All tests come from one address.
PATIENT = {"RATE_LIMIT_ANONYMOUS": 1_000_000, "RATE_LIMIT_SIGNED_IN": 1_000_000, "RATE_LIMIT_SIGN_IN": 1_000_000}

HOW_TO_GET = {
    "redis-server": "Redis: apt-get install redis-server",
    "postgresql": "PostgreSQL: apt-get install postgresql",
    "chromium": "Chromium: apt-get install chromium",
}


# Names of the earlier system that the settings accept beside MEWAYZ_*.
_ALIASES = ("JWT_SECRET", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "ALLOWED_ORIGINS", "MAX_FILE_SIZE", "UPLOAD_PATH")


# Without compiled files each of the many processes of a run would compile all packages anew, which is most of the work of its start.
_COSTLY = ("PYTHONDONTWRITEBYTECODE",)


def child_environment(**settings: object) -> dict[str, str]:
    """The environment without any configuration of Mewayz, plus `settings` as MEWAYZ_* variables."""
    dropped = (*_ALIASES, *_COSTLY)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEWAYZ_", "EMAIL_")) and name not in dropped}
    return kept | {f"MEWAYZ_{name}": str(value) for name, value in settings.items()}


_PORTS = range(20_000, 32_768)


class MissingService(Exception):
    """A program that a test needs is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(f"{package} is not installed")
        self.package = package


def free_port() -> int:
    """A port that nothing listened on a moment ago.

    It is below those that a system gives to outgoing connections, of which there are many until a slow server listens on its own.
    """
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", secrets.choice(_PORTS)))
            return probe.getsockname()[1]


def redis_program() -> str:
    """The path of redis-server."""
    found = shutil.which("redis-server")
    if found is None:
        raise MissingService("redis-server")
    return found


def chromium_program() -> str:
    """The path of the Chromium that has no windows and takes a sixth less work for a page, or of what else there is."""
    return shutil.which("chromium-headless-shell") or full_chromium_program()


def full_chromium_program() -> str:
    """The path of Chromium or Chrome, which also keep the pages that one comes back to."""
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
