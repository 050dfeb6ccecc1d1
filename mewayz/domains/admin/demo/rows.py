"""The lines of Online Retail II, typed: two layouts, told apart by their first line.

The full set as published (one CSV row per invoice line, US dates) and the slice that Mewayz ships (make_slice.py
writes it). Prices stay exact: a whole number of 1/10,000 of the currency unit, as backend/money.py keeps them.
"""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, TextIO

from mewayz.backend.money import to_units

FULL_HEADER = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
SLICE_HEADER = ["invoice", "placed_at", "customer", "country", "sku", "name", "quantity", "price"]
PRODUCT_SKU = re.compile(r"[0-9]{5}[A-Z]*")

Row = list[str]


class Line(NamedTuple):
    """One line of an invoice.

    Attributes:
        sku: stock code, stripped and upper-cased.
        name: description on this line, its white space collapsed.
        is_product: False for postage, fees, vouchers and manual lines.
        quantity: above zero on a sale, below zero on a return, as in the source.
        unit_price: 1/10,000 of the currency unit; 0 is a free gift.
    """

    sku: str
    name: str
    is_product: bool
    quantity: int
    unit_price: int


class ParsedRow(NamedTuple):
    """A line with what its invoice says; `customer` is empty for a guest."""

    number: str
    line: Line
    when: datetime
    customer: str
    country: str


class Rows:
    """The typed rows of an open text file, once.

    Attributes:
        is_full: the published layout, with its two overlapping sheets.
        position: number of the line that was read last, for messages.
    """

    def __init__(self, text: TextIO) -> None:
        """Read the first line.

        Raises:
            ValueError: it is not one of the two known.
        """
        self._reader = csv.reader(text, strict=True)
        header = next(self._reader, [])
        if header not in (FULL_HEADER, SLICE_HEADER):
            raise ValueError("the columns are not those of Online Retail II")
        self.is_full = header == FULL_HEADER

    @property
    def position(self) -> int:
        """The line of the file that was read last, from 1."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[ParsedRow]:
        """Stream the rows.

        Raises:
            ValueError: what is wrong with the row at `position`.
            csv.Error: a quote is left open or closed in the wrong place.
        """
        return _parsed(self._reader, _us_time) if self.is_full else _parsed(_written_out(self._reader), datetime.fromisoformat)


def _written_out(rows: Iterator[Row]) -> Iterator[Row]:
    """The shipped layout → the published order of columns.

    An empty invoice number repeats the invoice of the row above, an empty name the latest name of that SKU.
    """
    number = when = customer = country = ""
    names: dict[str, str] = {}
    for row in rows:
        if len(row) != len(SLICE_HEADER):
            yield row
            continue
        if row[0]:
            number, when, customer, country = row[:4]
        sku, name, quantity, price = row[4:]
        if name:
            names[sku] = name
        yield [number, sku, name or names.get(sku, ""), quantity, when, price, customer, country]


def _us_time(text: str) -> datetime:
    """`12/9/2011 8:05` → naive datetime; several times as fast as strptime."""
    date, _, clock = text.partition(" ")
    month, day, year = date.split("/")
    return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2} {clock:0>5}")


def _price(text: str) -> int:
    try:
        return to_units(Decimal(text))
    except InvalidOperation:
        raise ValueError("is not an amount") from None


def _parsed(rows: Iterator[Row], parse_time: Callable[[str], datetime]) -> Iterator[ParsedRow]:
    """Rows in the published order of columns → typed lines; equal texts are parsed once.

    Raises:
        ValueError: what is wrong with the row.
    """
    prices: dict[str, int] = {}
    codes: dict[str, tuple[str, bool]] = {}
    names: dict[str, str] = {}
    when_text, when = "", None
    for row in rows:
        try:
            number, code, name, quantity, time_text, price, customer, country = row
            if when is None or time_text != when_text:
                when, when_text = parse_time(time_text), time_text
            if (units := prices.get(price)) is None:
                units = prices[price] = _price(price)
            if (known := codes.get(code)) is None:
                sku = code.strip().upper()
                known = codes[code] = (sku, PRODUCT_SKU.fullmatch(sku) is not None)
            if (clean := names.get(name)) is None:
                clean = names[name] = " ".join(name.split())
            line = Line(known[0], clean, known[1], int(quantity), units)
            if not (number and known[0]):
                raise ValueError
        except ValueError:
            raise ValueError(_reason(row, parse_time)) from None
        yield ParsedRow(number, line, when, customer.removesuffix(".0"), country)


def _reason(row: Row, parse_time: Callable[[str], datetime]) -> str:
    """What is wrong with a row that could not be parsed."""
    if len(row) != len(FULL_HEADER):
        return f"{len(row)} columns instead of {len(FULL_HEADER)}"
    checks: list[tuple[str, str, Callable[[str], object]]] = [
        ("quantity", row[3], int),
        ("time", row[4], parse_time),
        ("price", row[5], _price),
    ]
    for noun, text, parse in checks:
        try:
            parse(text)
        except ValueError:
            return f"the {noun} {text!r} cannot be read"
    return "the invoice number or stock code is missing"
