"""A file that rows are read from: its format, its text whatever it is packed and encoded in, and how much has been read."""

import codecs
import contextlib
import gzip
import io
import lzma
import tempfile
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import IO, BinaryIO, cast

from mewayz.backend.errors import Invalid

FORMATS = ("csv", "jsonl", "json", "xlsx")
ZIP_MAGIC = b"PK\x03\x04"  # every XLSX file begins with it

_ENDINGS = {"csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "json": "json", "xlsx": "xlsx"}
_PACKED = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\x00": lzma.open}
_BLOCK = 1 << 20
_LARGE = 10 << 20
_MOST_UNPACKED = 1 << 30
_MOST_RATIO = 100  # of a spreadsheet: columns of one repeated value come near it
_MOST_TEXTS = 256 << 20  # the part that is read as a whole
# Bytes that Windows-1252 leaves open, and control characters: text of that kind has none of them.
_NOT_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d" + bytes(set(range(32)) - set(b"\t\n\r\f")))


class BrokenFile(Invalid):
    """The file cannot be read as rows; `fields` maps `line 7: row` to what is wrong there."""

    code = "file.broken"
    default_message = "Nothing was imported: the file cannot be read as it is."


class Source:
    """A file of rows on the disk; CSV and JSON may be packed by gzip or xz.

    Attributes:
        path: where it lies.
        name: as people know it; of an upload, what it was called there.
        encoding: of its text, where it is not UTF-8 or marked otherwise.
    """

    def __init__(self, path: Path, name: str = "", *, encoding: str | None = None) -> None:
        """Name the file.

        Raises:
            Invalid: the encoding is not known.
        """
        self.path = path
        self.name = name or path.name
        if encoding is not None:
            try:
                codecs.lookup(encoding)
            except LookupError:
                raise Invalid(f"{encoding} is not an encoding. Try cp1252 or utf-16.", code="file.unknown_encoding") from None
        self.encoding = encoding
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
    def binary(self) -> Generator[BinaryIO]:
        """The unpacked bytes.

        Raises:
            BrokenFile: it cannot be read, or is packed and damaged.
        """
        try:
            self._size = self.path.stat().st_size
            with self.path.open("rb") as self._file:
                magic = self._file.peek(6)[:6]
                unpack = next((opener for start, opener in _PACKED.items() if magic.startswith(start)), None)
                if unpack is None:
                    yield cast("BinaryIO", self._file)
                else:
                    with unpack(self._file) as file:
                        yield cast("BinaryIO", file)
        except (EOFError, lzma.LZMAError, gzip.BadGzipFile):
            raise BrokenFile("The file is packed and damaged: it cannot be unpacked.") from None
        except OSError as error:
            raise BrokenFile(f"The file cannot be read ({error.strerror}).") from None

    @contextlib.contextmanager
    def text(self) -> Generator[IO[str]]:
        """The text.

        Raises:
            BrokenFile: also where the text is in another encoding than it should be; the message names the line.
        """
        with self.binary() as file:
            encoding = self.encoding or "utf-8-sig"
            start = cast("io.BufferedReader", file).peek(4)[:4]
            if start.startswith(ZIP_MAGIC):
                raise BrokenFile("This is a packed file. Spreadsheets are read as .xlsx; unpack anything else first.")
            if self.encoding is None and start.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls "Unicode text"
                encoding = "utf-16"
            text = io.TextIOWrapper(file, encoding=encoding, newline="")
            try:
                yield text
            except UnicodeDecodeError:
                raise self._undecodable(encoding) from None
            finally:
                with contextlib.suppress(ValueError):  # closed already where the file was
                    text.detach()

    def _undecodable(self, encoding: str) -> BrokenFile:
        """Which line is in no such encoding, and which encoding it may be."""
        seen: set[int] = set()
        line, data, wrong = 0, b"", ""
        with self.binary() as file:
            while data := file.readline():
                line += 1
                try:
                    data.decode(encoding)
                except UnicodeDecodeError as error:
                    wrong = data[error.start : error.start + 1].hex()
                    seen.update(data)
                    break
            for block in iter(lambda: file.read(_BLOCK), b""):
                seen.update(block)
        if encoding != "utf-8-sig":
            return BrokenFile(fields={f"line {line}: row": f"This is not {encoding} text."})
        words = f"This is not UTF-8 text (byte {wrong})."
        if not seen & _NOT_CP1252:
            example = data.decode("cp1252", errors="replace").strip()[:60]
            words += f" It looks like Windows-1252, “{example}”: import it with the encoding cp1252, or"
            return BrokenFile(fields={f"line {line}: row": f"{words} save the file as “CSV UTF-8”."})
        return BrokenFile(fields={f"line {line}: row": f"{words} Save the file as “CSV UTF-8”, or say its encoding."})


def check_packed(path: Path) -> None:
    """Refuse a spreadsheet that would unpack into far more than it is, before anything of it is unpacked.

    Raises:
        BrokenFile: it is too large, or no spreadsheet.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise BrokenFile("This is not an XLSX file, or it is damaged.") from None
    whole = sum(part.file_size for part in parts)
    texts = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    is_bomb = whole > _LARGE and whole > _MOST_RATIO * path.stat().st_size
    if is_bomb or whole > _MOST_UNPACKED or texts > _MOST_TEXTS:
        raise BrokenFile(f"This spreadsheet unpacks into {whole >> 20:,} MB, which is too much. Save the sheet as “CSV UTF-8”.")


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
