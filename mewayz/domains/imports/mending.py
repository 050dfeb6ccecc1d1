"""Bad rows as a table in which they are mended: which cells are wrong, and what was typed into them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from mewayz.backend.cells import join_list
from mewayz.backend.matching import shown, words

MOST_SHOWN = 25
_MOST_TEXT = 20_000
_INDEX = re.compile(r"(\.\d+)+(\..*)?$")


@dataclass
class BadCell:
    """A cell of a bad row: the name of its control, and what is wrong with it."""

    name: str
    label: str
    value: str
    wrong: str = ""


@dataclass
class BadLine:
    """A bad row: where it stands, what is wrong with it as a whole, and its cells."""

    line: int
    why: str = ""
    cells: list[BadCell] = field(default_factory=list)


def bad_lines(problems: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> list[BadLine]:
    """The first bad rows; each has a cell for every field that any of them has or lacks.

    Args:
        problems: `{line, fields, row}`, both by path.
        labels: of the fields that a cell can fill.
    """
    some = problems[:MOST_SHOWN]
    paths = dict.fromkeys(path for one in some for path in one["row"] if path in labels)
    paths |= dict.fromkeys(path for one in some for name in one["fields"] if (path := _place(name, labels)))
    return [_line(one, list(paths), labels) for one in some]


def _place(name: str, labels: Mapping[str, str]) -> str:
    """The field that an error is about: `tags.0` is one of a list, `variant.price` the column variantPrice. Empty where it is the row."""
    head, _, rest = name.partition(".")
    return next((one for one in (name, _INDEX.sub("", name), f"{head}{rest[:1].upper()}{rest[1:]}") if one in labels), "")


def _line(one: Mapping[str, Any], paths: Sequence[str], labels: Mapping[str, str]) -> BadLine:
    wrong: dict[str, str] = {}
    about: list[str] = []
    for name, message in one["fields"].items():
        path = _place(name, labels)
        if path:
            wrong[path] = f"{wrong[path]} {message}" if path in wrong else message
        else:
            about.append(message if name == "row" else f"{words(name)}: {message}")
    cells = [BadCell(f"{one['line']}:{path}", labels[path], _text(one["row"].get(path)), wrong.get(path, "")) for path in paths]
    return BadLine(one["line"], " ".join(about), cells)


def _text(value: Any) -> str:
    return join_list(cast("list[str]", value)) if isinstance(value, list) else shown(value)


def entered(form: Mapping[str, Any], shown_lines: Sequence[BadLine]) -> dict[int, dict[str, str]]:
    """What was typed, by line and path; whatever was not shown is no answer."""
    found: dict[int, dict[str, str]] = {}
    for line in shown_lines:
        for cell in line.cells:
            if cell.name in form:
                found.setdefault(line.line, {})[cell.name.partition(":")[2]] = str(form[cell.name] or "")[:_MOST_TEXT]
    return found


def changed(cells: Mapping[int, Mapping[str, str]], shown_lines: Sequence[BadLine]) -> dict[int, dict[str, str]]:
    """What of that is not what the controls started with."""
    started = {cell.name: cell.value for line in shown_lines for cell in line.cells}
    found = {line: {path: text for path, text in typed.items() if text != started.get(f"{line}:{path}")} for line, typed in cells.items()}
    return {line: typed for line, typed in found.items() if typed}


def with_entered(lines: Sequence[BadLine], cells: Mapping[int, Mapping[str, str]]) -> list[BadLine]:
    """The same lines with what was typed in them, so that nothing is lost when it is refused."""
    return [
        BadLine(
            line.line,
            line.why,
            [
                BadCell(cell.name, cell.label, cells.get(line.line, {}).get(cell.name.partition(":")[2], cell.value), cell.wrong)
                for cell in line.cells
            ],
        )
        for line in lines
    ]
