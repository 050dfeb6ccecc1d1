"""A column of amounts from anywhere: whether a comma or a point stands before its decimals is found over all of its values."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mewayz.backend.errors import Invalid

if TYPE_CHECKING:
    from mewayz.backend.matching import Sheet

POINT, COMMA = ".", ","
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_WHOLE = re.compile(r"[+-]?\d+")
_GROUPED = {COMMA: re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?"), POINT: re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")}
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


class AmbiguousAmounts(Invalid):
    """Every comma of a column could stand before decimals or between thousands."""

    code = "file.ambiguous_amounts"


def sign_of(values: Iterable[Any]) -> str:
    """What stands before the decimals of a column: a comma where all of its values agree on that, else a point.

    Raises:
        AmbiguousAmounts: `1,234` could mean two amounts, and no value decides it.
    """
    texts = [text for value in values if isinstance(value, str) and (text := value.strip())]
    commas = [text for text in texts if "," in text]
    if not commas or not all(_COMMA.fullmatch(text) or _WHOLE.fullmatch(text) for text in texts):
        return POINT
    if all(map(_EITHER.fullmatch, commas)):
        whole, _, rest = commas[0].partition(",")
        raise AmbiguousAmounts(
            f"“{commas[0]}” could be {whole}{rest} or {whole}.{rest}, and no line of the file decides it. Say at “Decimals” which it is."
        )
    return COMMA


def with_point(text: str, sign: str) -> str:
    """An amount that is written with this sign, with a point before its decimals and nothing between its thousands."""
    found = text.strip()
    if sign == COMMA and (_COMMA.fullmatch(found) or _GROUPED[COMMA].fullmatch(found)):
        return found.replace(".", "").replace(",", ".")
    return found.replace(",", "") if sign == POINT and _GROUPED[POINT].fullmatch(found) else text


def signs_of(sheet: "Sheet", paths: Sequence[str], amounts: Iterable[str], chosen: str) -> dict[str, str]:
    """By path, the sign of each column of amounts whose texts have to be rewritten.

    Raises:
        AmbiguousAmounts.
    """
    wanted = set(amounts)
    columns = [(index, path) for index, path in enumerate(paths) if path in wanted]
    if chosen:
        return {path: chosen for _, path in columns}
    found = {path: sign_of(line.cells.get(index) for line in sheet.lines) for index, path in columns}
    return {path: sign for path, sign in found.items() if sign == COMMA}


def rewritten(sheet: "Sheet", paths: Sequence[str], signs: Mapping[str, str]) -> "Sheet":
    """The sheet with the amounts of these columns as they are read here."""

    def cells(line: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
        for index, value in line.items():
            sign = signs.get(paths[index], "") if index < len(paths) else ""
            yield index, with_point(value, sign) if sign and isinstance(value, str) else value

    return replace(sheet, lines=[replace(line, cells=dict(cells(line.cells))) for line in sheet.lines]) if signs else sheet
