"""Loading the whole of Online Retail II: as the demo shop, which cleans it, and as any other file, by mapping its columns."""

import lzma
import subprocess
import sys
import time
from pathlib import Path

from bench.report import Report
from bench.stores import ENGINES, FULL_SET_LINES, Stores
from mewayz.domains.admin.demo.source import fetch_full
from tests.services import ROOT, SECRET, MissingService, child_environment

LINES_PER_SECOND = 20_000
PEAK_MB = 600
_FIRST_SHEET_LINES = 525_461
_MAPPED = {
    "number": "Invoice",
    "lines.sku": "StockCode",
    "lines.name": "Description",
    "lines.quantity": "Quantity",
    "lines.unitPrice": "Price",
    "placedAt": "InvoiceDate",
    "customer.reference": "Customer ID",
    "country": "Country",
}


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
    if not stores.small:
        _by_mapping(report, stores)


def _by_mapping(report: Report, stores: Stores) -> None:
    """The command of the guide to imports (docs/import.md), start of Python and all."""
    file = stores.folder / "retail.csv"
    lines = _without_overlap(fetch_full(stores.folder, stores.retail_file), file)
    store = stores.empty("SQLite")
    mapping = [word for path, column in _MAPPED.items() for word in ("--map", f"{path}={column}")]
    environment = child_environment(DATA_DIR=store.data_dir, DATABASE_URL=store.url, SECRET_KEY=SECRET)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "mewayz.cli", "import", "orders", str(file), *mapping],
        cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    report.add("SQLite: by mapping its columns", lines / seconds, "lines/s", note=f"{lines:,} lines, as they stand, in {seconds:.1f} s")


def _without_overlap(packed: Path, file: Path) -> int:
    """Write the file without the nine days that both of its sheets tell; its lines."""
    count = 0
    with lzma.open(packed, "rt", encoding="utf-8-sig") as told, file.open("w", encoding="utf-8") as kept:
        for number, line in enumerate(told):
            if 0 < number <= _FIRST_SHEET_LINES and any(f",12/{day}/2010 " in line for day in range(1, 10)):
                continue
            count += number > 0
            kept.write(line)
    return count
