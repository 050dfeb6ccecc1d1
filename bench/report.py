"""What a run found: figures with the limits that they are held against, as a table and as JSON."""

import json
import os
import platform
import sqlite3
import subprocess
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
LATEST = "latest.json"
_WIDTH = 62


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        limit: what it may be at most, or with `least` must be at least; None where nothing was promised.
    """

    subject: str
    name: str
    value: float
    unit: str
    limit: float | None = None
    least: bool = False
    note: str = ""

    @property
    def kept(self) -> bool | None:
        """Whether the limit is kept; None without one."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.least else self.value <= self.limit


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"


def line_of(figure: Figure) -> str:
    """One line of the table."""
    promised = ""
    if figure.limit is not None:
        verdict = "ok" if figure.kept else "MISSED"
        promised = f"{'≥' if figure.least else '≤'} {_number(figure.limit)}".rjust(9) + f"  {verdict}"
    note = f"  ({figure.note})" if figure.note else ""
    return f"  {figure.name:{_WIDTH}}{_number(figure.value):>10} {figure.unit:<8}{promised:17}{note}".rstrip()


@dataclass
class Report:
    """Collects and prints figures as they come. A `small` run has no limits: its data is not what they speak of."""

    small: bool = False
    subject: str = ""
    figures: list[Figure] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])
    started: tuple[float, float] = field(default_factory=lambda: (time.monotonic(), _waited()))

    def begin(self, subject: str, summary: str) -> None:
        """Start the part of one subject."""
        self.subject = subject
        print(f"\n{subject}: {summary}", flush=True)

    def add(
        self, name: str, value: float, unit: str, *, at_most: float | None = None, at_least: float | None = None, note: str = ""
    ) -> None:
        """Keep and print a figure."""
        limit = None if self.small else at_most if at_most is not None else at_least
        figure = Figure(self.subject, name, round(value, 4), unit, limit, at_least is not None, note)
        self.figures.append(figure)
        print(line_of(figure), flush=True)

    def check(self, what: str, found: Any, expected: Any) -> None:
        """Compare something that is right or wrong, never fast or slow."""
        if found != expected:
            self.wrong(f"{what}: found {found}, expected {expected}")

    def wrong(self, sentence: str) -> None:
        """Keep and print a failure; it makes the whole run fail."""
        self.wrongs.append(f"{self.subject}: {sentence}")
        print(f"  WRONG: {sentence}", flush=True)

    def say(self, sentence: str) -> None:
        """Keep and print a remark, such as what could not be measured here."""
        self.notes.append(f"{self.subject}: {sentence}")
        print(f"  – {sentence}", flush=True)

    def missed(self) -> list[Figure]:
        """The figures that do not keep their limit."""
        return [figure for figure in self.figures if figure.kept is False]

    def summary(self) -> str:
        """The last lines of a run."""
        promised = [figure for figure in self.figures if figure.kept is not None]
        lines = [f"{len(self.figures)} figures; {len(promised) - len(self.missed())} of {len(promised)} limits are kept."]
        lines += [f"  missed: {figure.subject}: {figure.name}" for figure in self.missed()]
        lines += [f"  WRONG: {sentence}" for sentence in self.wrongs]
        load = os.getloadavg()[0]
        lines.append(f"Load of the machine: {self.load_before:.1f} before, {load:.1f} after, on {os.cpu_count()} cores.")
        lines.append(f"Something waited for a processor during {self.pressure():.0%} of the run.")
        return "\n".join(lines)

    def pressure(self) -> float:
        """The share of the run in which something waited for a processor; 0 where Linux does not tell."""
        started, waited = self.started
        return min((_waited() - waited) / max(time.monotonic() - started, 0.001), 1.0)

    def save(self, *, latest: bool) -> Path:
        """Write the run under results/; a whole one is also the latest."""
        RESULTS.mkdir(exist_ok=True)
        now = datetime.now(UTC)
        load = {"loadBefore": round(self.load_before, 2), "loadAfter": round(os.getloadavg()[0], 2), "pressure": round(self.pressure(), 3)}
        content = {
            "when": now.isoformat(timespec="seconds"),
            "commit": _commit(),
            "small": self.small,
            "machine": {**machine(), **load},
            "figures": [{**asdict(figure), "kept": figure.kept} for figure in self.figures],
            "wrong": self.wrongs,
            "notes": self.notes,
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        path = RESULTS / f"{now:%Y%m%d-%H%M%S}.json"
        path.write_text(text)
        if latest:
            (RESULTS / LATEST).write_text(text)
        return path


def machine() -> dict[str, Any]:
    """What the run ran on."""
    model = ""
    if (cpuinfo := Path("/proc/cpuinfo")).is_file():
        names = (line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name"))
        model = next(names, "")
    return {
        "cpu": model or platform.processor(),
        "cores": os.cpu_count(),
        "memoryMb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _waited() -> float:
    """Seconds since the start of the machine in which something waited for a processor (pressure stall information)."""
    try:
        some = Path("/proc/pressure/cpu").read_text().splitlines()[0]
        return int(some.rpartition("total=")[2]) / 1e6
    except (OSError, ValueError):
        return 0.0


def _commit() -> str:
    """The revision that was measured; a + marks changes on top of it."""
    try:
        here = {"cwd": Path(__file__).parent, "capture_output": True, "text": True, "check": True}
        head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], **here).stdout.strip()
        changed = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], **here).stdout.strip()
        return f"{head}{'+' if changed else ''}"
    except (OSError, subprocess.CalledProcessError):
        return ""
