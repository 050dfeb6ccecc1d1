"""Invoices that are put aside while they are surveyed, so that the text of a file is read and understood once."""

import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self

import orjson

from mewayz.domains.admin.demo.retail import Invoice, Line


class Spool:
    """A file without a name, gone when it is closed. First everything is put in, then it is iterated."""

    def __init__(self) -> None:
        """Start with an empty file."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the spool)
        self._size = 0
        self._read = 0

    @property
    def progress(self) -> float:
        """Share of what was put in that has been taken out: 0 to 1."""
        return self._read / max(self._size, 1)

    def put(self, invoices: Iterable[Invoice]) -> Iterator[Invoice]:
        """Hand the invoices on, and keep a copy of each."""
        for invoice in invoices:
            lines = [tuple(line) for line in invoice.lines]
            when = invoice.placed_at_local.isoformat()
            row = orjson.dumps((invoice.number, invoice.kind, when, invoice.customer_ref, invoice.country, lines))
            self._size += self._file.write(row + b"\n")
            yield invoice

    def __iter__(self) -> Iterator[Invoice]:
        """Take the invoices out, in the order in which they came."""
        self._file.seek(0)
        self._read = 0
        for row in self._file:
            self._read += len(row)
            number, kind, when, customer_ref, country, lines = orjson.loads(row)
            yield Invoice(number, kind, datetime.fromisoformat(when), customer_ref, country, list(map(Line._make, lines)))

    def __enter__(self) -> Self:
        """Nothing more than the file that is open already."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file."""
        self._file.close()
