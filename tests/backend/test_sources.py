"""Files as they lie on the disk: what they may unpack into, how long a line may be, and which encodings there are."""

import gzip
import lzma
from collections.abc import Callable
from dataclasses import replace

import pytest

from mewayz.backend import sources
from mewayz.backend.errors import Invalid
from mewayz.backend.files import open_cells, read_objects
from mewayz.backend.sources import LOCAL, SENT, Bounds, BrokenFile, Source, kept

HEADING = b"name,price\n"
ENCODINGS = ["cp1252", "latin1", "utf-16-le", "UTF-8", "utf_8_sig", "iso8859-15", "gb18030", "shift_jis", "mac_roman", "koi8-r"]


def lines(source: Source) -> int:
    with open_cells(source, "csv") as cells:
        return sum(1 for _ in cells)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_packed_file_may_not_become_more_than_its_bounds(pack: Callable[[bytes], bytes]) -> None:
    row = b"Mug," + b"1" * 60 + b"\n"
    data = pack(HEADING + row * (SENT.unpacked // len(row)))
    with kept(data, "rows.csv") as source:
        source.bounds = SENT
        with pytest.raises(BrokenFile, match="unpacks into more than 16 MB"):
            lines(source)
        source.bounds = LOCAL
        assert lines(source) == SENT.unpacked // len(row)


def test_what_is_not_packed_may_be_as_long_as_it_is() -> None:
    with kept(HEADING + b"Mug,1\n" * 10, "rows.csv") as source:
        source.bounds = Bounds(1, 1, 1, 1, 1)
        assert lines(source) == 10


@pytest.mark.parametrize(
    ("start", "end", "last"),
    [(HEADING, b"\n", b"Mug,1"), (HEADING, b"\r\n", b"Mug,1"), (HEADING, b"\r", b"Mug,1"), (b"\xff\xfea\0\n\0", b"\n\0", b"b\0")],
)
@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_blank_lines_count_too(pack: Callable[[bytes], bytes], start: bytes, end: bytes, last: bytes) -> None:
    with kept(pack(start + end * (SENT.lines - 2) + last), "rows.csv") as source:
        source.bounds = SENT
        assert lines(source) == 1
    with kept(pack(start + end * (SENT.lines + 1) + last), "rows.csv") as source:
        source.bounds = SENT
        with pytest.raises(BrokenFile, match="more than 500,000 lines, blank ones included"):
            lines(source)
        source.bounds = LOCAL
        assert lines(source) == 1


def test_blank_lines_between_objects_count_too() -> None:
    with kept(b"{}\n" + b"\n" * SENT.lines, "rows.jsonl") as source:
        source.bounds = SENT
        with pytest.raises(BrokenFile, match="more than 500,000 lines"):
            list(read_objects(source, "jsonl"))


def test_no_more_is_unpacked_than_is_taken() -> None:
    with kept(gzip.compress(HEADING + b"\n" * 15_000_000), "rows.csv") as source:
        source.bounds = SENT
        read = 0
        with source.binary() as file, pytest.raises(BrokenFile, match="more than 500,000 lines"):
            while data := file.read(1000):
                read += len(data)
    assert read <= SENT.lines + len(HEADING)  # a line here is a byte


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: data[:30] + b"\xff\x00\x13" + data[33:]])
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_damaged_packed_file_says_so(pack: Callable[[bytes], bytes], damage: Callable[[bytes], bytes]) -> None:
    data = pack(HEADING + b"".join(b"Mug %d,%d\n" % (number, number * 7) for number in range(3_000)))
    with kept(damage(data), "rows.csv") as source, pytest.raises(BrokenFile, match="packed and damaged"):
        lines(source)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_a_line_that_does_not_end_is_named(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_LINE", 300_000)
    data = b"name" + end + (b"x" * 50 + end) * 50 + b"x" * 900_000 + end
    with kept(data, "rows.csv") as source, pytest.raises(BrokenFile) as raised:
        lines(source)
    [(place, words)] = raised.value.fields.items()
    assert (place, "This line is longer than" in words) == ("line 52: row" if b"\n" in end else "line 1: row", True)


def test_an_array_is_read_as_a_whole_and_no_more_than_that() -> None:
    with kept(b"[" + b"{}," * 100 + b"{}]", "rows.json") as source:
        source.bounds = replace(SENT, array=100)
        with pytest.raises(BrokenFile, match="JSON Lines"):
            list(read_objects(source, "json"))


@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings_of_text(name: str) -> None:
    with kept("name\nMug\n".encode(name), "rows.csv", encoding=name) as source:
        assert lines(source) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("zlib", "hex", "bz2", "base64", "rot13", "quopri", "uu", "idna", "punycode", "undefined", "unicode_escape", "utf-7"),
        *("raw_unicode_escape", "none", "", "aliases", "utf-8\0", "\ud800", "../csv", "x" * 5000),
    ],
)
def test_what_is_no_encoding_of_text(name: str) -> None:
    with pytest.raises(Invalid) as raised, kept(b"name\nMug\n", "rows.csv", encoding=name):
        pass
    assert (raised.value.code, len(raised.value.message) < 120) == ("file.unknown_encoding", True)


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        ("name\nMüg\n".encode("utf-16-le"), "utf-16", "does not begin with its mark. Say utf-16-le or utf-16-be"),
        ("name\nMüg\n".encode("utf-32-le"), "utf-32", "does not begin with its mark"),
        ("name\nMug\n".encode("utf-16")[:-1], "utf-16", "line 2: row"),
        (b"name\nM\xfcg\n", "ascii", "line 2: row"),
        (b"name\nM\xfcg\n", None, "where this is “ü”: import it with the encoding cp1252"),
        (b"name\nMug\nM\xfcg\x81\n", None, "line 3: row"),
    ],
)
def test_text_that_is_in_another_encoding(data: bytes, encoding: str | None, words: str) -> None:
    with kept(data, "rows.csv", encoding=encoding) as source, pytest.raises(BrokenFile) as raised:
        lines(source)
    assert words in f"{raised.value.message} {raised.value.fields}"
