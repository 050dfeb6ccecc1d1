"""Cells of a CSV file: text that no spreadsheet takes for a formula, and lists in one cell, both readable again."""

import re
from collections.abc import Sequence

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_NUMERIC = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def neutral(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would take it for a formula (OWASP, CSV Injection).

    >>> neutral("=1+1"), neutral("-5.00"), neutral("'=1")
    ("'=1+1", '-5.00', "''=1")
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMERIC.fullmatch(text) else text


def plain(cell: str) -> str:
    """The text behind a cell that `neutral` wrote."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def join_list(values: Sequence[object]) -> str:
    """A list as one cell, which `split_list` reads back: separated by semicolons."""
    text = ";".join(str(value) for value in values)
    return f"{text};" if "," in text and ";" not in text else text


def split_list(cell: str) -> list[str]:
    """A cell as a list: separated by semicolons, or by commas when there is no semicolon."""
    return [part.strip() for part in cell.split(";" if ";" in cell else ",") if part.strip()]
