"""Run the benchmarks: `make bench`, or `python -m bench [--small] [--only NAME]... [--retail FILE]`."""

import argparse
import sys
import traceback
from pathlib import Path

from bench import analytics, bundle, events, imports, lists, memory, million, order_writes, scale, sign_in
from bench.report import Report
from bench.stores import Stores
from tests.services import MissingService

SUBJECTS = {
    "bundle": bundle,
    "import": imports,
    "analytics": analytics,
    "scale": scale,
    "order-writes": order_writes,
    "lists": lists,
    "million": million,
    "memory": memory,
    "events": events,
    "sign-in": sign_in,
}


def main() -> int:
    """Measure; 1 when an answer was wrong, or a subject broke. A missed limit is printed and is no failure: machines differ."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Mewayz on this machine.")
    parser.add_argument("--only", metavar="NAME", action="append", choices=SUBJECTS, help=f"one of {', '.join(SUBJECTS)}; may be repeated")
    parser.add_argument("--small", action="store_true", help="little data and short loads, to try the benchmarks themselves")
    parser.add_argument("--retail", metavar="FILE", type=Path, help="Online Retail II or its wheel, instead of downloading it")
    given = parser.parse_args()
    if given.retail and not given.retail.is_file():
        parser.error(f"there is no file {given.retail}")
    chosen = given.only or list(SUBJECTS)
    report = Report(small=given.small)
    with Stores(given.retail.resolve() if given.retail else None, small=given.small) as stores:
        for name, subject in SUBJECTS.items():
            if name in chosen:
                report.begin(name, (subject.__doc__ or "").splitlines()[0])
                try:
                    subject.measure(report, stores)
                except MissingService as missing:
                    report.say(f"the rest is not measured: {missing}")
                except Exception as error:
                    traceback.print_exc()
                    report.wrong(f"it broke: {error!r}")
    print(f"\n{report.summary()}")
    whole = set(chosen) == set(SUBJECTS) and not given.small
    print(f"Kept as {report.save(latest=whole).relative_to(Path(__file__).parent.parent)}.")
    return int(bool(report.wrongs))


if __name__ == "__main__":
    sys.exit(main())
