"""The file of rows that an import left out: what is kept of them, and why, so that they can be mended and imported again."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from mewayz.backend.cells import neutral
from mewayz.backend.errors import ConfigError
from mewayz.backend.rows import ERROR


class BadRows:
    """Written as rows come; a table becomes a CSV, objects become JSON Lines. Without bad rows there is no file."""

    def __init__(self, path: Path, *, header: bool) -> None:
        """Name the file, and whether it begins with the names of its columns."""
        self.path = path
        self.count = 0
        self._header = header
        self._file: IO[str] | None = None

    def __call__(self, row: Mapping[str, Any], columns: Sequence[str], reason: str) -> None:
        """Write one row.

        Raises:
            ConfigError: it cannot be written.
        """
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="")
                if columns and self._header:
                    csv.writer(self._file).writerow([*(neutral(one) for one in columns if one != ERROR), ERROR])
            if columns:
                cells = [neutral(str(row.get(one, ""))) for one in columns if one != ERROR]
                csv.writer(self._file).writerow([*cells, neutral(reason)])
            else:
                self._file.write(orjson.dumps({**row, ERROR: reason}).decode() + "\n")
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be written ({error.strerror}).") from None
        self.count += 1

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()
