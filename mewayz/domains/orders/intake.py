"""Reading historical orders: every cell is checked once, and what is wrong with a line is known before anything is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from mewayz.backend.amounts import counted
from mewayz.backend.cells import plain
from mewayz.backend.dates import Times
from mewayz.backend.earlier import is_earlier
from mewayz.backend.errors import Invalid
from mewayz.backend.fields import Fields
from mewayz.backend.files import Record, open_cells, read_objects
from mewayz.backend.importing import Columns
from mewayz.backend.leftovers import Leftovers
from mewayz.backend.loads import too_many
from mewayz.backend.money import MAX_UNITS
from mewayz.backend.rows import TABLES, Mapped, Row, Rows, match_columns
from mewayz.backend.sheets import cell_text
from mewayz.backend.sources import BrokenFile, Source
from mewayz.domains.orders.flat import FlatOrder, HistoricalOrder
from mewayz.domains.orders.intake_cells import CONVERT, NUMBER, PRICE, QUANTITY, TOTAL, a_text
from mewayz.domains.orders.model import ORDERS
from mewayz.domains.orders.spool import Spool

TABLE_FIELDS = Fields(FlatOrder, ORDERS)
_OBJECT_FIELDS = Fields(HistoricalOrder)
PATHS = tuple(path for path in TABLE_FIELDS.paths if path != "number")
_MOST_LINES = 10_000  # of an order that comes as one object
_MOST_REMEMBERED = 100_000


class Problem(ValueError):
    """What is wrong with a line: `path: message`."""


class Piece(NamedTuple):
    """A line of an order: its number, and the texts of the other paths."""

    line: int
    number: str
    texts: Sequence[str]


class Intake:
    """One file on its way into the spool.

    Attributes:
        paths: what the file says; the columns of the spool.
        columns: of a table, in their order.
        leftovers: what may be kept of a line that is not taken.
    """

    def __init__(self, source: Source, kind: str, columns: Columns, zone: ZoneInfo) -> None:
        """Name the file."""
        self.times = Times(zone, columns.date_format)
        self.ignored: list[str] = []
        self.paths: tuple[str, ...] = PATHS
        self.columns: Sequence[str] = ()
        self.leftovers = Leftovers(_OBJECT_FIELDS)
        self._source = source
        self._kind = kind
        self._how = columns

    @property
    def progress(self) -> float:
        """The share that has been read."""
        return self._source.progress

    @contextmanager
    def records(self) -> Iterator[Iterator[tuple[Record, list[Piece]]]]:
        """Every record of the file with the order lines in it, for the block.

        Raises:
            BrokenFile: with a message per line. Invalid: an unknown field is mapped.
        """
        if self._kind not in TABLES:
            yield self._of_objects()
            return
        with open_cells(self._source, self._kind, self._how.layout) as cells:
            self.columns = cells.columns
            mapped = Mapped(TABLE_FIELDS.chosen(self._how.given), self._how.only_given)
            targets, self.ignored = match_columns(cells, TABLE_FIELDS, mapped)
            self.leftovers = Leftovers(TABLE_FIELDS, mapped.columns, cells.columns, targets)
            places = {path: index for index, paths in enumerate(targets) for path in paths}
            if not {PRICE, TOTAL} & set(places):
                raise BrokenFile(f"No column says what was paid. Map {PRICE} or {TOTAL} to one, with --map FIELD=COLUMN.")
            number = places.pop(NUMBER, None)
            self.paths = tuple(places)
            yield self._of_cells(iter(cells), number, list(places.values()))

    def _of_cells(self, records: Iterator[Record], number: int | None, places: Sequence[int]) -> Iterator[tuple[Record, list[Piece]]]:
        # A million times: what the loop does not have to decide is decided here.
        texts = itemgetter(*places) if len(places) > 1 else lambda cells: [cells[places[0]]]
        for record in records:
            line, cells, problem = record
            yield record, [] if problem else [Piece(line, "" if number is None else cells[number], texts(cells))]

    def _of_objects(self) -> Iterator[tuple[Record, list[Piece]]]:
        rows = Rows(self._source, read_objects(self._source, self._kind), _OBJECT_FIELDS, Mapped({}))
        for row in rows:
            rows.ignored |= dict.fromkeys(name for name in row.fields if name not in _OBJECT_FIELDS.tops)
            lines = row.fields.get("lines")
            many = isinstance(lines, list) and len(cast("list[Any]", lines)) > _MOST_LINES
            problem = row.problem or (f"An order has at most {counted(_MOST_LINES)} lines." if many else "")
            yield Record(row.line, row.value, problem), [] if problem else _pieces(row)
        self.ignored = list(rows.ignored)

    def fill(self, spool: Spool, report: Callable[[float], None], most: int | None = None) -> None:
        """Read the whole file.

        Raises:
            BrokenFile, Invalid: nothing of the file can be read, or it has more than `most` lines.
        """
        with self.records() as records:
            take, lines = self._taker(spool), 0
            for count, (record, pieces) in enumerate(records):
                lines += max(len(pieces), 1)
                if most is not None and lines > most:
                    raise too_many(most)
                if not pieces:
                    spool.refuse(0, record.line, f"row: {record.problem or 'This order has no lines.'}")
                for piece in pieces:
                    take(piece)
                if count % 10_000 == 0:
                    report(self.progress)
        self.times.settle()

    def _taker(self, spool: Spool) -> Callable[[Piece], None]:
        """What puts one line into the spool; equal texts are converted once."""
        converts = [CONVERT.get(path, a_text(100)) for path in self.paths]
        known: list[dict[str, Any]] = [{"": None} for _ in self.paths]
        at = {path: index for index, path in enumerate(self.paths)}
        quantity, price, total, placed = (at.get(path) for path in (QUANTITY, PRICE, TOTAL, "placedAt"))
        numbers: dict[str, str] = {"": ""}
        number_of = CONVERT[NUMBER]

        def convert(cache: dict[str, Any], text: str) -> Any:
            index = next(index for index, one in enumerate(known) if one is cache)
            if index == placed:
                clean = text.strip()
                if clean and not self.times.see(clean):
                    raise Problem("placedAt: This is no time, or not like those above. Say their format with --date-format.")
                found: Any = clean or None
            else:
                try:
                    found = converts[index](plain(text)) if text.strip() else None
                except ValueError as error:
                    words = str(error)
                    raise Problem(f"{self.paths[index]}: {words[0].upper()}{words[1:]}{'' if words.endswith('.') else '.'}") from None
            if len(cache) >= _MOST_REMEMBERED:
                cache.clear()
            cache[text] = found
            return found

        def take(piece: Piece) -> None:
            line, raw, texts = piece
            clean = numbers.get(raw)
            if clean is None:
                try:
                    clean = number_of(plain(raw))
                except ValueError as error:
                    spool.refuse(0, line, f"number: {error}")
                    return
                if len(numbers) >= _MOST_REMEMBERED:
                    numbers.clear()
                numbers[raw] = clean
            head = spool.head(clean)
            try:
                try:
                    cells = [cache[text] for cache, text in zip(known, texts, strict=True)]
                except KeyError:
                    cells = [cache[text] if text in cache else convert(cache, text) for cache, text in zip(known, texts, strict=True)]
                each = None if price is None else cells[price]
                whole = None if total is None else cells[total]
                count = 1 if quantity is None else cells[quantity]
                if count is None:
                    raise Problem(f"{QUANTITY}: This field is required.")
                if each is None:
                    if whole is None:
                        raise Problem(f"{PRICE}: This field is required.")
                elif abs(each * count) > MAX_UNITS:
                    raise Problem(f"{PRICE}: Enter an amount below 100 billion.")
                elif whole is not None and abs(whole) != abs(each * count):
                    raise Problem(f"{TOTAL}: This is not quantity × price.")
            except Problem as problem:
                spool.refuse(head, line, str(problem))
            else:
                spool.add(head, line, cells)

        return take


def _pieces(row: Row) -> list[Piece]:
    """The lines of an order that came as an object."""
    fields = row.fields
    kept = {"id": row.kept.get("id", fields.get("id", ""))}
    lines = fields.get("lines")
    pieces: list[Piece] = []
    for one in cast("list[Any]", lines) if isinstance(lines, list) else ():
        if isinstance(one, dict):
            whole = {**fields, **kept, "lines": cast("dict[str, Any]", one)}
            pieces.append(Piece(row.line, cell_text(fields.get("number")), [_at(whole, path) for path in PATHS]))
    return pieces


def _at(fields: Mapping[str, Any], path: str) -> str:
    value: Any = fields
    for name in path.split("."):
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, dict) else None
    return "" if isinstance(value, dict | list) else cell_text(value)


def is_history(source: Source, kind: str) -> bool:
    """Whether a file of orders is one of the past: any table, documents of the earlier system, and lines that know their price."""
    if kind in TABLES:
        return True
    try:
        first = next(read_objects(source, kind), None)
    except Invalid:
        return False
    if first is None or not isinstance(first.value, dict):
        return False
    item = cast("dict[str, Any]", first.value)
    lines = item.get("lines")
    held = [one for one in cast("list[Any]", lines) if isinstance(one, dict)] if isinstance(lines, list) else []
    return is_earlier(item) or any("unitPrice" in one or "total" in one for one in held)
