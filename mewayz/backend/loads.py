"""How the rows of a file are loaded, and what became of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any

import orjson

from mewayz.backend.decoding import storable
from mewayz.backend.errors import Invalid
from mewayz.backend.leftovers import Leftovers
from mewayz.backend.rows import Row

MAX_PROBLEMS = 100  # told at once, where nothing is imported
MAX_BAD_ROWS = 1_000  # kept with the import
_MAX_KEPT = 4 << 20  # bytes of them
_MAX_REASONS = 20  # of one row
_MAX_NAME = 100
MAX_CHANGES = 100  # shown of a dry run


class Mode(StrEnum):
    """What a row is whose record is there already."""

    UPSERT = "upsert"
    CREATE = "create"


class OnError(StrEnum):
    """What a row that cannot be taken does to the others."""

    STOP = "stop"
    SKIP = "skip"


BadRow = Callable[[Mapping[str, Any], Sequence[str], str], None]
"""Takes a row by its columns, the columns of the table (none of objects), and the reason."""


@dataclass(frozen=True, slots=True)
class How:
    """How rows are loaded.

    Attributes:
        mode: `create` refuses a record that is there already.
        on_error: `stop` loads all rows or none.
        dry_run: check everything, save nothing.
        file_name: for the list of imports.
        bad: is handed every row that is left out, with the reason.
        begun: is told the id of an import that is written in parts, before its first part.
    """

    mode: Mode = Mode.CREATE
    on_error: OnError = OnError.STOP
    dry_run: bool = False
    file_name: str = ""
    bad: BadRow | None = None
    begun: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        """Whatever a file is called, the name can be stored."""
        object.__setattr__(self, "file_name", storable(self.file_name))


CREATE_ALL = How()


@dataclass(slots=True)
class Loaded:
    """What became of the rows of a file.

    Attributes:
        ignored: columns that were left out.
        batch: id of the import, by which it can be reverted; None when nothing was changed.
        changes: of a dry run, the first records that would change: `{line, id, action, fields: {path: [from, to]}}`.
        problems: the first rows that were left out: `{line, fields, row}`, where `row` is what may be kept of it.
        notes: what else is worth knowing, as sentences.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    ignored: list[str] = field(default_factory=list[str])
    batch: str | None = None
    changes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    problems: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    notes: list[str] = field(default_factory=list[str])

    @property
    def imported(self) -> int:
        """The rows that changed something."""
        return self.created + self.updated

    def answer(self, *, dry_run: bool) -> dict[str, Any]:
        """The same as REST and `--json` say it."""
        found: dict[str, Any] = {name: getattr(self, name) for name in ("imported", "created", "updated", "unchanged", "failed", "ignored")}
        found |= {"dryRun": dry_run, "batch": self.batch, "problems": self.problems, "notes": self.notes}
        return found | ({"changes": self.changes} if dry_run else {})


def too_many(most: int) -> Invalid:
    """The refusal of a file that is too long to be taken at once."""
    return Invalid(f"Send at most {most:,} rows at once. `mewayz import` takes files of any length.", code="file.too_many_rows")


def reason(line: int, fields: Mapping[str, str], row: Mapping[str, Any]) -> str:
    """What is wrong with a row, in one cell; where nothing of the row is kept, also where it stands."""
    words = "; ".join(f"{name}: {message}" for name, message in fields.items())
    return words if row else f"line {line}: {words}"


class Problems:
    """The rows that cannot be taken: reasons for all of them at once, or the rows themselves to be mended."""

    def __init__(self, noun: str, how: How, loaded: Loaded, leftovers: Leftovers, columns: Sequence[str] = ()) -> None:
        """Start with none."""
        self.noun = noun
        self.fields: dict[str, str] = {}
        self._how = how
        self._loaded = loaded
        self._leftovers = leftovers
        self._columns = columns
        self._size = 0

    def add(self, row: Row, fields: Mapping[str, str]) -> None:
        """Note what is wrong with a row."""
        self._loaded.failed += 1
        told = {storable(name)[:_MAX_NAME]: message for name, message in islice(fields.items(), _MAX_REASONS)}
        if self._how.on_error is OnError.STOP:
            self.fields |= {f"line {row.line}: {name}": message for name, message in told.items()}
            return
        found = self._leftovers(row.fields if row.value is None else row.value)
        if self._how.bad is not None:
            self._how.bad(found, self._columns, reason(row.line, told, found))
        if len(self._loaded.problems) < MAX_BAD_ROWS and self._size < _MAX_KEPT:
            self._size += len(orjson.dumps(found, default=str))
            self._loaded.problems.append({"line": row.line, "fields": told, "row": found})

    @property
    def enough(self) -> bool:
        """Whether as many are known as a person reads."""
        return len(self.fields) >= MAX_PROBLEMS

    def refuse(self) -> None:
        """Raise what is known.

        Raises:
            Invalid: a row cannot be taken, and none shall be.
        """
        if self.fields:
            count = self._loaded.failed
            message = f"Nothing was imported: {count} {'line needs' if count == 1 else 'lines need'} attention."
            raise Invalid(message, code=f"{self.noun}.import", fields=self.fields)
