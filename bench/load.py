"""Load on a server: wrk with many connections, and one connection that asks one question after the other."""

import http.client
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.services import MissingService

CONNECTIONS = 32
_SCRIPT = Path(__file__).with_name("mix.lua")
_TICKS = os.sysconf("SC_CLK_TCK")
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Rate:
    """What a load came to; `cpu_us` is what the server's processes worked for one answer."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float

    @property
    def note(self) -> str:
        """The rest of it in words."""
        return f"p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms, {self.cpu_us:,.0f} µs CPU each"


def wrk_program() -> str:
    """The path of wrk.

    Raises:
        MissingService: it is not installed.
    """
    found = shutil.which("wrk")
    if found is None:
        raise MissingService("wrk")
    return found


def press(url: str, paths: Callable[[int], Sequence[str]], pid: int, *, token: str = "", seconds: int = 6) -> Rate:
    """Ask for `paths(seed)` from many connections at once; the first seconds, with another seed, do not count."""
    _wrk(url, paths(0), token, 2)
    count, output, worked = 0, "", 0.0
    while not count:  # a very slow answer needs a longer look
        before = cpu_seconds(pid)
        output = _wrk(url, paths(1), token, seconds)
        worked = cpu_seconds(pid) - before
        count, seconds = int(_found(r"(\d+) requests in", output)), seconds * 3
    if bad := re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: .*", output):
        raise RuntimeError(f"{url} did not answer everything: {bad[0]}")
    latency = {name: float(value) * _UNITS[unit] for name, value, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", output)}
    return Rate(float(_found(r"Requests/sec:\s+([\d.]+)", output)), latency["50"], latency["99"], worked / count * 1e6)


def _wrk(url: str, paths: Sequence[str], token: str, seconds: int) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(paths) + "\n")
        file.flush()
        command = [wrk_program(), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s", str(_SCRIPT), url]
        given = ["--", file.name, *([f"Bearer {token}"] if token else [])]
        return subprocess.run([*command, *given], capture_output=True, text=True, check=True).stdout


def _found(pattern: str, output: str) -> str:
    match = re.search(pattern, output)
    if match is None:
        raise RuntimeError(f"wrk said something unexpected:\n{output}")
    return match[1]


class Client:
    """One connection that stays open."""

    def __init__(self, url: str, token: str) -> None:
        """Connect to a server in somebody's name."""
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> tuple[float, Any]:
        """(milliseconds, the `data` of the answer)."""
        started = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        elapsed = (time.perf_counter() - started) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:200]!r}")
        return elapsed, orjson.loads(body)["data"]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def processes(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def server_pid(server: object) -> int:
    """The process of a server that runs."""
    process = getattr(server, "process", None)
    assert process is not None
    return process.pid


def cpu_seconds(pid: int) -> float:
    """What a process and those that descend from it have worked so far."""
    total = 0
    for process in processes(pid):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS
