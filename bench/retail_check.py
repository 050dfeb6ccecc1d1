"""Check the stream of the full Online Retail II against pandas, and take its speed and memory.

python -m bench.retail_check FULL.csv.xz
"""

import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

from mewayz.backend.money import wire
from mewayz.domains.admin.demo.retail import RetailFile
from mewayz.domains.admin.demo.survey import survey
from tests.domains.admin.retail_figures import EVERYTHING, full_frame, of_frame, of_stream


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(path: Path) -> int:
    """Print speed, memory and figures; the exit code is 1 when the stream and pandas disagree."""
    idle = _peak_mb()
    started = time.perf_counter()
    stream = RetailFile(path)
    invoices = sum(1 for _ in stream)
    seconds = time.perf_counter() - started
    lines = stream.summary.lines_read
    print(f"{lines:,} lines, {invoices:,} invoices in {seconds:.2f} s: {lines / seconds:,.0f} lines/s")
    print(f"peak memory {_peak_mb()} MB, of which {idle} MB before the start (pandas is loaded)")
    for noun, count in asdict(stream.summary).items():
        print(f"  {noun:20}{count:>12,}")
    started = time.perf_counter()
    found = survey(RetailFile(path))
    print(f"survey: {len(found.products()):,} SKUs, {len(found.customers()):,} customers in {time.perf_counter() - started:.2f} s")

    ours, theirs = of_stream(RetailFile(path)), of_frame(full_frame(path))
    print(f"{'window':12}{'gross':>18}{'returns':>16}{'orders':>8}{'buyers':>8}{'new':>7}")
    for window, (gross, returns, *counts) in sorted(ours.windows.items()):
        print(f"{window:12}{wire(gross):>18}{wire(returns):>16}{counts[0]:>8,}{counts[1]:>8,}{counts[2]:>7,}")
    first = min(month for month, _ in ours.cohorts)
    print(f"cohort {first}:", *(ours.cohorts[first, k] for k in range(5)))
    print(f"repeat customers {ours.repeat_customers:,} of {ours.windows[EVERYTHING][3]:,}, guest orders {ours.guest_orders:,}")
    print("the stream and pandas agree on every figure" if ours == theirs else "THE STREAM AND PANDAS DISAGREE")
    return int(ours != theirs)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
