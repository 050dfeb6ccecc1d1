"""Online Retail II as a stream of orders and returns: cleaned and grouped by invoice.

Only the invoices of the last hour, and the numbers of the earlier ones, are held in memory. What is left out is
counted in a Summary, so that every line of the file is accounted for. The full set and the slice that Mewayz
ships are read alike.

Facts of the full set that the stream relies on, and refuses a file without:
- lines are in order of time once the overlap of the two sheets is gone;
- an invoice has one customer and one country. 83 invoices have two timestamps, at most nine minutes apart and
  never across midnight: the first one is taken. Invoices entered in the same minute are interleaved, which is
  why an invoice stays open for HOLD after its latest line.
"""

import csv
import io
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from mewayz.backend.errors import Invalid
from mewayz.domains.admin.demo.rows import Line, ParsedRow, Rows

SOURCE = "Online Retail II"
TIMEZONE = "Europe/London"
CURRENCY = "GBP"
HOLD = timedelta(hours=1)

# The first sheet runs nine days into the second one, which is the complete one.
FIRST_SHEET_LINES = 525_461
SECOND_SHEET_FROM = datetime.fromisoformat("2010-12-01")

XZ_MAGIC = b"\xfd7zXZ\x00"


class BrokenFile(Invalid):
    """The file is not Online Retail II, or is damaged: one sentence that names the line."""

    code = "demo.broken_file"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An order (`sale`) or a return; placed_at_local is the shop's wall clock without a zone."""

    number: str
    kind: Literal["sale", "return"]
    placed_at_local: datetime
    customer_ref: str | None
    country: str
    lines: list[Line]


@dataclass(slots=True)
class Summary:
    """Where every line of the file went: `lines_read` is the sum of all the other `…_lines`.

    Attributes:
        overlap_lines: told again, and better, by the second sheet.
        account_lines: invoices `A…`, write-offs of bad debt.
        adjustment_lines: corrections of stock ("damaged", "found"): invoices on which nothing has a price.
        odd_lines: any other line that is neither sale nor gift nor return, such as a refund of plus one piece.
    """

    lines_read: int = 0
    sales: int = 0
    sale_lines: int = 0
    gift_lines: int = 0
    returns: int = 0
    return_lines: int = 0
    overlap_lines: int = 0
    account_lines: int = 0
    adjustment_invoices: int = 0
    adjustment_lines: int = 0
    odd_lines: int = 0


@dataclass(slots=True)
class _Open:
    """An invoice of which more lines may come: those to keep, and how many are not."""

    number: str
    placed_at: datetime
    latest: datetime
    customer: str
    country: str
    lines: list[Line] = field(default_factory=list)
    priced: int = 0
    odd: int = 0
    worthless: int = 0


class RetailFile:
    """Iterate to get the invoices in the order of their first line; each iteration reads the file afresh.

    `summary` and `progress`, the share of the file as it lies on the disk, follow the running iteration; any thread may read them.
    """

    def __init__(self, path: Path) -> None:
        """Name the file: CSV, or CSV in xz."""
        self.path = path
        self.summary = Summary()
        self.progress = 0.0

    def __iter__(self) -> Iterator[Invoice]:
        """Stream the invoices.

        Raises:
            BrokenFile: at the first line that cannot be understood.
        """
        self.summary = Summary()
        name, rows = self.path.name, None
        try:
            size = self.path.stat().st_size
            with self.path.open("rb") as file, _text(file) as text:
                rows = Rows(text)
                for invoice in self._grouped(self._without_overlap(rows) if rows.is_full else rows):
                    self.progress = file.tell() / size
                    yield invoice
            self.progress = 1.0
        except FileNotFoundError:
            raise BrokenFile(f"There is no file {self.path}.") from None
        except UnicodeDecodeError:
            raise BrokenFile(f"{name} is not UTF-8 text.") from None
        except (OSError, EOFError, lzma.LZMAError):
            raise BrokenFile(f"{name} cannot be read: it is incomplete or damaged.") from None
        except (ValueError, csv.Error) as error:
            raise BrokenFile(f"{name}, line {rows.position if rows else 1}: {error}.") from None

    def _without_overlap(self, rows: Iterable[ParsedRow]) -> Iterator[ParsedRow]:
        """Drop what the first sheet tells of the second one's time; without that one, refuse rather than lose lines."""
        lines = iter(rows)
        for seen, row in enumerate(lines, 1):
            if seen > FIRST_SHEET_LINES:
                yield row
                break
            if row.when < SECOND_SHEET_FROM:
                yield row
            else:
                self.summary.lines_read += 1
                self.summary.overlap_lines += 1
        else:
            if self.summary.overlap_lines:
                raise ValueError("the file ends before the second sheet of the full set")
        yield from lines

    def _grouped(self, rows: Iterable[ParsedRow]) -> Iterator[Invoice]:
        """Gather lines into invoices and let each go once HOLD has passed."""
        summary = self.summary
        waiting: dict[str, _Open] = {}
        done: set[str] = set()
        now: datetime | None = None
        invoice: _Open | None = None
        for number, line, when, customer, country in rows:
            summary.lines_read += 1
            if when != now:
                if now is not None and when < now:
                    raise ValueError("it is older than the line above")
                now = when
                for old in _ready(waiting, now):
                    done.add(old.number)
                    yield from self._close(old)
            if invoice is None or number != invoice.number:
                if number in done:
                    raise ValueError(f"invoice {number} goes on after more than {HOLD}")
                invoice = waiting.get(number)
                if invoice is None:
                    invoice = waiting[number] = _Open(number, when, when, customer, country)
            if customer != invoice.customer or country != invoice.country:
                raise ValueError(f"invoice {number} changes its customer or country")
            invoice.latest = when
            quantity, price = line.quantity, line.unit_price
            if (quantity < 0 < price) if number[0] == "C" else (quantity > 0 <= price):
                invoice.lines.append(line)
                invoice.priced += price > 0
            elif price:
                invoice.odd += 1
            else:
                invoice.worthless += 1
        for old in waiting.values():
            yield from self._close(old)

    def _close(self, invoice: _Open) -> Iterator[Invoice]:
        """Count an invoice and hand it out, unless it is neither order nor return."""
        summary, lines, rest = self.summary, invoice.lines, invoice.odd + invoice.worthless
        prefix = invoice.number[0]
        if prefix == "A":
            summary.account_lines += len(lines) + rest
        elif not invoice.priced and not invoice.odd:
            summary.adjustment_invoices += 1
            summary.adjustment_lines += len(lines) + rest
        elif not invoice.priced:
            summary.odd_lines += len(lines) + rest
        else:
            summary.odd_lines += rest
            if prefix == "C":
                summary.returns += 1
                summary.return_lines += len(lines)
            else:
                summary.sales += 1
                summary.sale_lines += invoice.priced
                summary.gift_lines += len(lines) - invoice.priced
            kind = "return" if prefix == "C" else "sale"
            yield Invoice(invoice.number, kind, invoice.placed_at, invoice.customer or None, invoice.country, lines)


def _text(file: io.BufferedReader) -> io.TextIOWrapper:
    """The text of a CSV file, packed or not."""
    packed = file.peek(len(XZ_MAGIC)).startswith(XZ_MAGIC)
    return io.TextIOWrapper(lzma.LZMAFile(file) if packed else file, encoding="utf-8-sig", newline="")


def _ready(waiting: dict[str, _Open], now: datetime) -> Iterator[_Open]:
    """Take out, oldest first, the invoices that nothing came to for HOLD; one that is not holds back those after it."""
    while waiting:
        oldest = next(iter(waiting.values()))
        if now - oldest.latest <= HOLD:
            return
        yield waiting.pop(oldest.number)
