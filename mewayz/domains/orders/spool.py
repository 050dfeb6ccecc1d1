"""Lines of orders on their way in: kept in a temporary database, and read back order by order.

The lines of one order may stand anywhere in a file, so that all of it has to be seen before the first order is whole.
On the disk a million of them cost no memory. Orders come back in the order of their first lines.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from mewayz.domains.orders.pricing import TOO_LARGE

_BUFFER = 5_000
_REMEMBERED = 50_000
_READ = 2_000


class Spool:
    """One import's lines; each has the same `columns`."""

    def __init__(self, folder: Path, columns: Sequence[str]) -> None:
        """Begin an empty one in a folder of its own."""
        self._connection = sqlite3.connect(folder / "lines.db", isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=FILE", "cache_size=-32000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._width = len(columns)
        self._at = {column: f"c{index}" for index, column in enumerate(columns)}
        cells = "".join(f", c{index}" for index in range(self._width))
        self._connection.execute("CREATE TABLE heads (id INTEGER PRIMARY KEY, number TEXT UNIQUE)")
        self._connection.execute("CREATE TABLE bad (line INTEGER PRIMARY KEY, head INTEGER, reason TEXT)")
        self._connection.execute(f"CREATE TABLE lines (seq INTEGER PRIMARY KEY, head INTEGER, line INTEGER{cells})")
        self._connection.execute("BEGIN")
        self._insert = f"INSERT INTO lines VALUES (NULL, ?, ?{', ?' * self._width})"  # noqa: S608 (marks)
        self._waiting: list[tuple[Any, ...]] = []
        self._heads: dict[str, int] = {}
        self._last: tuple[str, int] = ("", 0)
        self._in_order = True
        self._highest = 0
        self.lines = 0

    def head(self, number: str) -> int:
        """The order with this number, or a new one without."""
        if number and number == self._last[0]:
            return self._last[1]
        found = self._heads.get(number) if number else None
        if found is None:
            done = self._connection.execute("INSERT OR IGNORE INTO heads (number) VALUES (?)", (number or None,))
            found = done.lastrowid if done.rowcount else None
            if found is None:
                found = self._connection.execute("SELECT id FROM heads WHERE number = ?", (number,)).fetchone()[0]
            if len(self._heads) >= _REMEMBERED:
                self._heads.clear()
            if number:
                self._heads[number] = found
        assert found is not None
        self._last = (number, found)
        self._in_order = self._in_order and found >= self._highest
        self._highest = max(self._highest, found)
        return found

    def add(self, head: int, line: int, cells: Sequence[Any]) -> None:
        """Keep a line."""
        self.lines += 1
        self._waiting.append((head, line, *cells))
        if len(self._waiting) >= _BUFFER:
            self._write()

    def refuse(self, head: int, line: int, reason: str) -> None:
        """Keep why a line cannot be taken; its order is not read back."""
        self._connection.execute("INSERT OR IGNORE INTO bad VALUES (?, ?, ?)", (line, head, reason))

    def _write(self) -> None:
        self._connection.executemany(self._insert, self._waiting)
        self._waiting.clear()

    @property
    def orders(self) -> int:
        """How many orders there are, the refused ones included."""
        return self._connection.execute("SELECT count(*) FROM heads").fetchone()[0]

    def numbers(self) -> Iterator[list[tuple[int, str]]]:
        """Head and number of the numbered orders, in parts."""
        cursor = self._connection.execute("SELECT id, number FROM heads WHERE number IS NOT NULL ORDER BY id")
        while rows := cursor.fetchmany(_READ):
            yield rows

    def first_line(self, head: int) -> int:
        """Where an order begins."""
        self._write()
        return self._connection.execute("SELECT min(line) FROM lines WHERE head = ?", (head,)).fetchone()[0]

    def excesses(self, most: int, pieces: int) -> Iterator[tuple[int, int, str]]:
        """Head, line and reason of every order whose discount is more than its goods, or that comes to `most` units or more `pieces`."""
        self._write()
        for head, line, discount_line, sold, back, units, discount, tax, shipping in self._connection.execute(self._sums()):
            whole = back if sold is None else sold
            sign = -1 if sold is None else 1
            if discount and sign * discount > max(sign * whole, 0):
                yield head, discount_line, "discount: The discount is more than the goods cost."
            if max(abs(whole), abs(back or 0), abs(whole - discount + tax + shipping)) >= most:
                yield head, line, f"lines: {TOO_LARGE}"
            if units > pieces:
                yield head, line, f"lines.quantity: An order has at most {pieces:,} pieces."

    def _sums(self) -> str:
        """What each order comes to, by SQLite, in floating point: exact as long as nothing is refused, and never an overflow."""
        at = self._at
        quantity = at.get("lines.quantity", "1")
        price, whole = at.get("lines.unitPrice", "NULL"), at.get("lines.total", "NULL")
        amount = f"coalesce({quantity} * {price}, CASE WHEN {quantity} > 0 THEN {whole} ELSE -abs({whole}) END)"
        joins, extras = "", {"discount": "0", "tax": "0", "shipping": "0"}
        for name in extras:
            if column := at.get(name):
                extras[name] = f"coalesce({name}.amount, 0)"
                first = f"SELECT head, line, {column} AS amount, min(seq) FROM lines WHERE {column} IS NOT NULL GROUP BY head"  # noqa: S608 (numbered columns)
                joins += f" LEFT JOIN ({first}) {name} USING (head)"
        sold, back = (f"total({amount}) FILTER (WHERE {quantity} {sign} 0)" for sign in "><")
        sums = (
            f"SELECT head, min(line) AS line, CASE WHEN max({quantity}) > 0 THEN {sold} END AS sold, "  # noqa: S608 (numbered columns)
            f"CASE WHEN min({quantity}) < 0 THEN {back} END AS back, total(abs({quantity})) AS units FROM lines GROUP BY head"
        )
        line = "discount.line" if "discount" in at else "sums.line"
        return f"SELECT head, sums.line, {line}, sold, back, units, {', '.join(extras.values())} FROM ({sums}) sums{joins} ORDER BY head"  # noqa: S608 (numbered columns)

    def refused(self) -> tuple[dict[int, str], set[int]]:
        """Why which lines cannot be taken, and the orders that they belong to."""
        rows = self._connection.execute("SELECT line, head, reason FROM bad").fetchall()
        return {line: reason for line, _, reason in rows}, {head for _, head, _ in rows}

    def read(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """Number and lines `(line, *cells)` of every order that is whole."""
        self._write()
        cells = "".join(f", l.c{index}" for index in range(self._width))
        sort = "l.seq" if self._in_order else "l.head, l.seq"
        cursor = self._connection.execute(
            f"SELECT l.head, h.number, l.line{cells} FROM lines l JOIN heads h ON h.id = l.head "  # noqa: S608 (numbered columns)
            f"WHERE l.head NOT IN (SELECT head FROM bad) ORDER BY {sort}"
        )
        cursor.arraysize = _READ
        flowing = (row for rows in iter(lambda: cursor.fetchmany(_READ), []) for row in rows)
        for _, rows in groupby(flowing, key=itemgetter(0)):
            lines = list(rows)
            yield lines[0][1] or "", [row[2:] for row in lines]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
