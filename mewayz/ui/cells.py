"""Rows in wire form → cells as a person reads them. No layout and no state here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mewayz.backend.table_columns import Column
from mewayz.ui.words import Locale, sentence, tone

NOTHING = "–"
RIGHT = frozenset({"number", "money"})
"""Kinds that are aligned right."""
_NAMED = RIGHT | {"when"}
"""Kinds that say nothing without the heading of their column."""


@dataclass
class Cell:
    """One cell: what it says, the exact value on hover, the tone of a state; one that is `fixed` is not changed in place."""

    text: str
    title: str = ""
    tone: str = ""
    fixed: bool = False


@dataclass
class Row:
    """One row; `summary` stands below the link on a phone, where most columns are hidden, `picture` before it."""

    id: str
    href: str
    cells: list[Cell]
    summary: str = ""
    picture: str = ""


def cell(column: Column, value: Any, locale: Locale, currency: str = "") -> Cell:
    """What a column shows for a value; an amount says its `currency` where that is not the one of the column's heading."""
    if value is None or value in ("", []):
        return Cell(NOTHING)
    match column.kind:
        case "money":
            return Cell(locale.amount(value) if currency in ("", locale.currency) else locale.of(currency).money(value))
        case "number":
            return Cell(locale.number(value))
        case "status":
            return Cell(sentence(str(value)), tone=tone(str(value)))
        case "word":
            return Cell(sentence(str(value)))
        case "when":
            return Cell(locale.ago(value), title=locale.exact(value))
        case "tags":
            return Cell(", ".join(map(str, value)), title=", ".join(map(str, value)))
        case _ if isinstance(value, bool):
            return Cell("Yes" if value else "No")
        case _:
            return Cell(str(value), title=str(value))


def row(columns: Sequence[Column], record: Mapping[str, Any], path: str, locale: Locale) -> Row:
    """One row of the table on `path`; it links to `path/id`."""
    cells = [cell(column, column.of(record), locale, record.get("currency", "")) for column in columns]
    shown = [(column, found) for column, found in list(zip(columns, cells, strict=True))[1:] if found.text != NOTHING]
    figures = [column.key for column in columns[1:] if column.kind in RIGHT]
    times = [column.key for column, _ in shown if column.kind == "when"]
    # A phone shows the last figure itself, and has room for one time.
    elsewhere = {*figures[-1:], *times[1:]}
    hidden = [
        f"{column.label} {found.text}" if column.kind in _NAMED else found.text for column, found in shown if column.key not in elsewhere
    ]
    summary = " · ".join(hidden)
    return Row(id=record["id"], href=f"{path}/{record['id']}", cells=cells, summary=summary)
