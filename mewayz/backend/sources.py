"""A file that rows are read from: its format, its text whatever it is packed and encoded in, and how much has been read."""

import contextlib
import gzip
import io
import lzma
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from typing_extensions import override

from mewayz.backend.decoding import BrokenFile, check_encoding, storable, undecodable

FORMATS = ("csv", "jsonl", "json", "xlsx")
ZIP_MAGIC = b"PK\x03\x04"  # every XLSX file begins with it
MOST_LINE = 8 << 20  # bytes of one line of text
MOST_COLUMNS = 1_000

_ENDINGS = {"csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "json": "json", "xlsx": "xlsx"}
_PACKED = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\x00": lzma.open}
_BLOCK = 1 << 18
_LARGE = 10 << 20
_FLOWING = ("xl/worksheets/", "xl/media/")
_MOST_RATIO = 100  # of a spreadsheet: columns of one repeated value come near it


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken of one file, so that reading it costs neither the memory nor the hours of a machine.

    Attributes:
        unpacked: bytes that a packed file of text may become.
        array: bytes of a JSON array, which is read as a whole.
        sheet: bytes that a spreadsheet may become, all of its parts together.
        texts: bytes of those parts of a spreadsheet that are read as a whole.
        marks: tags and attributes of a spreadsheet, each of which costs far more than its bytes; not counted where it is 0.
        lines: of text, blank ones included: packed, a million of them are a few bytes.
    """

    unpacked: int
    array: int
    sheet: int
    texts: int
    marks: int
    lines: int = sys.maxsize


LOCAL = Bounds(16 << 30, 1 << 30, 1 << 30, 256 << 20, 0)
"""Of a file that somebody at this machine reads: what holds millions of rows."""
SENT = Bounds(16 << 20, 8 << 20, 64 << 20, 32 << 20, 4_000_000, 500_000)
"""Of a file that came over the network: thousands of wide rows, with a few hundred megabytes of memory at the very worst."""


class _Unpacked(io.RawIOBase):
    """Bytes as they are read, up to `most` of them, in up to `lines` lines of up to `line` bytes."""

    def __init__(self, file: Any, most: int, lines: int, line: int) -> None:
        super().__init__()
        self._file = file
        self._most = self._left = most
        self._most_lines = lines
        self._most_line = line
        self._number = 1
        self._ends = 0
        self._length = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        try:
            data: bytes = self._file.read(len(buffer))
        except (EOFError, MemoryError, gzip.BadGzipFile, lzma.LZMAError, zlib.error):
            raise BrokenFile("The file is packed and damaged: it cannot be unpacked.") from None
        except OSError as error:
            raise BrokenFile(f"The file cannot be read ({error.strerror}).") from None
        self._left -= len(data)
        if self._left < 0:
            raise BrokenFile(f"This file unpacks into more than {self._most >> 20:,} MB. Send parts, or use `mewayz import`.")
        self._measure(data)
        buffer[: len(data)] = data
        return len(data)

    def _measure(self, data: bytes) -> None:
        ends = [place for place in (data.find(b"\n"), data.find(b"\r")) if place >= 0]
        if self._length + min(ends, default=len(data)) > self._most_line:
            raise too_long(self._number)
        self._length = len(data) - 1 - max(data.rfind(b"\n"), data.rfind(b"\r")) if ends else self._length + len(data)
        self._number += data.count(b"\n")
        self._ends += max(data.count(b"\n"), data.count(b"\r"))
        if self._ends > self._most_lines:
            words = f"This file has more than {self._most_lines:,} lines, blank ones included."
            raise BrokenFile(f"{words} Leave blank lines out, send parts, or use `mewayz import`.")


def too_long(line: int) -> BrokenFile:
    """The refusal of a line that does not end."""
    return BrokenFile(fields={f"line {line}: row": f"This line is longer than {MOST_LINE >> 20} MB. Send one record per line."})


class Source:
    """A file of rows on the disk; CSV and JSON may be packed by gzip or xz.

    Attributes:
        path: where it lies.
        name: as people know it; of an upload, what it was called there.
        encoding: of its text, where it is not UTF-8 or marked otherwise.
        bounds: how much is taken of it.
    """

    def __init__(self, path: Path, name: str = "", *, encoding: str | None = None) -> None:
        """Name the file.

        Raises:
            Invalid: the encoding is not known.
        """
        self.path = path
        self.name = storable(name or path.name)
        if encoding is not None:
            check_encoding(encoding)
        self.encoding = encoding
        self.bounds = LOCAL
        self._size = 0
        self._file: io.BufferedReader | None = None

    @property
    def progress(self) -> float:
        """Share of the file, as it lies on the disk, that has been read: 0 to 1."""
        if self._file is None:
            return 0.0
        return 1.0 if self._file.closed else min(self._file.tell() / max(self._size, 1), 1.0)

    def kind(self) -> str:
        """The format by the file's name, else by its first characters: one of FORMATS."""
        plain = self.name.lower().removesuffix(".gz").removesuffix(".xz")
        ending = plain.rpartition(".")[2]
        if ending in _ENDINGS:
            return _ENDINGS[ending]
        with self.binary() as file:
            start = file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n")
        if start.startswith(ZIP_MAGIC):
            return "xlsx"
        return {b"[": "json", b"{": "jsonl"}.get(start[:1], "csv")

    @contextlib.contextmanager
    def binary(self, line: int = sys.maxsize) -> Generator[BinaryIO]:
        """The unpacked bytes, in lines of up to `line` of them.

        Raises:
            BrokenFile: it cannot be read, is packed and damaged, or is larger than its bounds.
        """
        try:
            self._size = self.path.stat().st_size
            opened = self.path.open("rb")
        except OSError as error:
            raise BrokenFile(f"The file cannot be read ({error.strerror}).") from None
        with opened as self._file:
            magic = self._file.peek(6)[:6]
            unpack = next((opener for start, opener in _PACKED.items() if magic.startswith(start)), None)
            most = sys.maxsize if unpack is None else max(self.bounds.unpacked, self._size)
            with unpack(self._file) if unpack else contextlib.nullcontext(self._file) as file:
                yield cast("BinaryIO", io.BufferedReader(_Unpacked(file, most, self.bounds.lines, line), _BLOCK))

    @contextlib.contextmanager
    def text(self) -> Generator[IO[str]]:
        """The text.

        Raises:
            BrokenFile: also where the text is in another encoding than it should be; the message names the line.
        """
        with self.binary(MOST_LINE) as file:
            encoding = self.encoding or "utf-8-sig"
            start = cast("io.BufferedReader", file).peek(4)[:4]
            if start.startswith(ZIP_MAGIC):
                raise BrokenFile("This is a packed file. Spreadsheets are read as .xlsx; unpack anything else first.")
            if self.encoding is None and start.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls "Unicode text"
                encoding = "utf-16"
            text = io.TextIOWrapper(file, encoding=encoding, newline="")
            try:
                yield text
            except UnicodeEncodeError:
                raise  # of something else than this text, which is decoded
            except UnicodeError:
                raise undecodable(self.binary, encoding) from None
            finally:
                with contextlib.suppress(ValueError):  # closed already where the file was
                    text.detach()


def check_packed(path: Path, bounds: Bounds = LOCAL) -> None:
    """Refuse a spreadsheet that would unpack into far more than it is, before anything of it is understood.

    Raises:
        BrokenFile: it is too large, or no spreadsheet.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            whole = sum(part.file_size for part in parts)
            texts = sum(part.file_size for part in parts if not part.filename.lower().startswith(_FLOWING))
            is_bomb = whole > _LARGE and whole > _MOST_RATIO * path.stat().st_size
            if is_bomb or whole > bounds.sheet or texts > bounds.texts:
                raise BrokenFile(f"This spreadsheet unpacks into {whole >> 20:,} MB, which is too much. Save the sheet as “CSV UTF-8”.")
            if bounds.marks and sum(_marks(archive, part) for part in parts) > bounds.marks:
                raise BrokenFile("This spreadsheet has too many cells. Save the sheet as “CSV UTF-8”, without what is not imported.")
    except BrokenFile:
        raise
    except Exception:  # a damaged file fails with anything
        raise BrokenFile("This is not an XLSX file, or it is damaged.") from None


def _marks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """At least as many as the part has tags and attributes; each of them costs memory when it is read."""
    with archive.open(part) as file:
        return sum(block.count(b"<") + block.count(b"=") for block in iter(lambda: file.read(_BLOCK), b""))


@contextlib.contextmanager
def kept(data: bytes, name: str, *, encoding: str | None = None) -> Generator[Source]:
    """A source of bytes at hand, for the block.

    Raises:
        Invalid: the encoding is not known.
    """
    with tempfile.NamedTemporaryFile(prefix="mewayz-import-") as file:
        file.write(data)
        file.flush()
        yield Source(Path(file.name), name, encoding=encoding)
