"""The memory of one server: idle, and with ten tabs open. All of its processes together."""

import time
from pathlib import Path

from bench.browser import chromium, person, settle
from bench.load import processes
from bench.report import Report
from bench.stores import Stores

IDLE_MB = 300
TAB_KB = 200
TABS = 10
_SETTLE = 3.0


def measure(report: Report, stores: Stores) -> None:
    """Peak of the start and of idling; then tabs that each show a table."""
    store = stores.demo()
    with store.server() as server, chromium() as browser:
        assert server.process is not None
        pid = server.process.pid
        time.sleep(_SETTLE)
        peaks = _each(pid, "VmHWM")
        apart = " + ".join(f"{peak:.0f}" for peak in peaks)
        report.add("idle: peak of the processes", sum(peaks), "MB", at_most=IDLE_MB, note=f"{apart} MB, shared pages in each")
        with person(browser, server.url, store.cookie) as context:
            settle(context.new_page(), "/orders")  # what the first visitor loads stays
            time.sleep(_SETTLE)
            before = sum(_each(pid, "VmRSS"))
            for number in range(TABS):
                settle(context.new_page(), f"/orders?page={number + 2}")
            time.sleep(_SETTLE)
            after = sum(_each(pid, "VmRSS"))
            report.add(f"with {TABS} more tabs: peak", sum(_each(pid, "VmHWM")), "MB")
            report.add("an open tab", max(after - before, 0) / TABS * 1024, "KB", at_most=TAB_KB, note="growth of the memory in use ÷ tabs")


def _each(pid: int, field: str) -> list[float]:
    """VmHWM (peak) or VmRSS (now) of each process in MB."""
    found: list[float] = []
    for process in processes(pid):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        found += [int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:")]
    return found
