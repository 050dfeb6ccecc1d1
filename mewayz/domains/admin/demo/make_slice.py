"""Make the slice that ships with Mewayz from the full set.

    python -m mewayz.domains.admin.demo.make_slice FULL.csv.xz

Written are the orders and returns of RetailFile from START on, one line each, in the layout of rows.SLICE_HEADER:
what repeats the row above (the invoice) or was said before (the name of a SKU) is left empty.
"""

import csv
import io
import lzma
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from mewayz.backend.errors import MewayzError
from mewayz.backend.money import wire
from mewayz.domains.admin.demo.retail import Invoice, RetailFile
from mewayz.domains.admin.demo.rows import SLICE_HEADER
from mewayz.domains.admin.demo.source import slice_path

START = datetime.fromisoformat("2011-09-01")


def slice_rows(invoices: Iterable[Invoice]) -> Iterator[list[str]]:
    """Invoices → rows of the shipped layout.

    Raises:
        ValueError: a line has no name, which the layout cannot say.
    """
    names: dict[str, str] = {}
    for invoice in invoices:
        head = [invoice.number, invoice.placed_at_local.isoformat(" ", "minutes"), invoice.customer_ref or "", invoice.country]
        for line in invoice.lines:
            if not line.name:
                raise ValueError(f"invoice {invoice.number}: {line.sku} has no name")
            name = "" if names.get(line.sku) == line.name else line.name
            names[line.sku] = line.name
            yield [*head, line.sku, name, str(line.quantity), wire(line.unit_price)]
            head = ["", "", "", ""]


def write_slice(invoices: Iterable[Invoice], target: Path) -> None:
    """Write `target`, a CSV in xz; the same invoices give the same bytes."""
    with lzma.open(target, "wb", preset=9 | lzma.PRESET_EXTREME) as packed, io.TextIOWrapper(packed, "utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(SLICE_HEADER)
        writer.writerows(slice_rows(invoices))


def main(arguments: list[str]) -> int:
    """Make the slice in place; the exit code says whether it worked."""
    if len(arguments) != 1:
        sys.stderr.write("Name the full set: python -m mewayz.domains.admin.demo.make_slice FULL.csv.xz\n")
        return 2
    target = slice_path()
    target.parent.mkdir(exist_ok=True)
    try:
        write_slice((invoice for invoice in RetailFile(Path(arguments[0])) if invoice.placed_at_local >= START), target)
    except MewayzError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write(f"{target.name}: {target.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
