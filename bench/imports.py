"""Loading the whole of Online Retail II, through the service that page and command line call."""

from bench.report import Report
from bench.stores import ENGINES, FULL_SET_LINES, Stores
from tests.services import MissingService

LINES_PER_SECOND = 20_000
PEAK_MB = 600


def measure(report: Report, stores: Stores) -> None:
    """Lines per second, counting only lines that became part of an order, and the memory of the loading process."""
    for engine in ENGINES:
        try:
            loaded = stores.retail(engine).loaded
        except MissingService as missing:
            report.say(f"{engine} is not measured: {missing}")
            continue
        promised = engine == "SQLite"
        lines, seconds = loaded["lines"], loaded["seconds"]
        what = f"{lines:,} lines of {loaded['orders'] + loaded['returns']:,} orders and returns"
        report.add(f"{engine}: whole load", seconds, "s", note=what)
        shared = f"{loaded['cpu']:.1f} s CPU; its threads waited {loaded['waited']:.1f} s for a processor"
        report.add(f"{engine}: order lines", lines / seconds, "lines/s", at_least=LINES_PER_SECOND if promised else None, note=shared)
        report.add(f"{engine}: peak memory of the loading process", loaded["peak_mb"], "MB", at_most=PEAK_MB if promised else None)
        if not stores.small:
            report.check(f"{engine}: lines read", loaded["read"], FULL_SET_LINES)
