"""The stream of Online Retail II: figures, cleaning, broken files, and what is derived from it."""

import csv
import lzma
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mewayz.domains.admin.demo import retail
from mewayz.domains.admin.demo.make_slice import write_slice
from mewayz.domains.admin.demo.retail import BrokenFile, Invoice, RetailFile, Summary
from mewayz.domains.admin.demo.rows import FULL_HEADER, SLICE_HEADER, Line
from mewayz.domains.admin.demo.source import slice_path
from mewayz.domains.admin.demo.survey import survey
from tests.domains.admin.retail_figures import of_frame, of_stream, slice_frame


@pytest.fixture
def full_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Write rows in the published layout, as if they stood in the second sheet."""
    monkeypatch.setattr(retail, "FIRST_SHEET_LINES", 0)

    def write(*rows: str) -> Path:
        path = tmp_path / "retail.csv"
        path.write_text("\n".join([",".join(FULL_HEADER), *rows]) + "\n", encoding="utf-8")
        return path

    return write


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def counted(summary: Summary) -> int:
    """All lines that the summary places somewhere."""
    return sum(count for noun, count in asdict(summary).items() if noun.endswith("_lines"))


def test_the_stream_and_pandas_agree_on_the_slice():
    assert of_stream(RetailFile(slice_path())) == of_frame(slice_frame(slice_path()))


def test_every_line_of_the_slice_is_accounted_for_and_known():
    stream = RetailFile(slice_path())
    invoices = list(stream)
    assert stream.summary.lines_read == counted(stream.summary) == sum(len(invoice.lines) for invoice in invoices)
    assert len({invoice.number for invoice in invoices}) == len(invoices) == stream.summary.sales + stream.summary.returns
    assert invoices == sorted(invoices, key=lambda invoice: invoice.placed_at_local)


def test_progress_grows_to_one():
    stream = RetailFile(slice_path())
    assert stream.progress == 0
    seen = [stream.progress for _ in stream]
    assert seen == sorted(seen)
    assert len(set(seen)) > 20
    assert stream.progress == 1


def test_cleaning(full_file: Callable[..., Path]):
    path = full_file(
        '536365, 85123a,"WHITE  HANGING ""HEART"" ",6,12/1/2010 8:26,2.55,17850.0,United Kingdom',
        "536365,85123A,FREE ONE,1,12/1/2010 8:26,0.0,17850.0,United Kingdom",
        "536365,POST,POSTAGE,1,12/1/2010 8:26,0.001,17850.0,United Kingdom",
        "536366,22139,found,40,12/1/2010 8:27,0.0,,United Kingdom",
        "536367,22139,,-3,12/1/2010 8:27,0.0,,United Kingdom",
        "C536368,22139,RETROSPOT TEA SET,-2,12/1/2010 8:28,4.25,,EIRE",
        "C536369,M,Manual,1,12/1/2010 8:29,373.57,,EIRE",
        "A536370,B,Adjust bad debt,1,12/1/2010 8:30,-53594.36,,United Kingdom",
        "A536371,B,Adjust bad debt,1,12/1/2010 8:30,11062.06,,United Kingdom",
        "536372,22139,RETROSPOT TEA SET,12,12/1/2010 18:05,4.25,,EIRE",
    )
    stream = RetailFile(path)
    sale, returned, guest = stream
    assert sale == Invoice(
        "536365",
        "sale",
        at("2010-12-01 08:26"),
        "17850",
        "United Kingdom",
        [
            Line("85123A", 'WHITE HANGING "HEART"', True, 6, 25_500),
            Line("85123A", "FREE ONE", True, 1, 0),
            Line("POST", "POSTAGE", False, 1, 10),
        ],
    )
    assert (returned.kind, returned.customer_ref, returned.lines) == (
        "return",
        None,
        [Line("22139", "RETROSPOT TEA SET", True, -2, 42_500)],
    )
    assert (guest.kind, guest.country, guest.placed_at_local) == ("sale", "EIRE", at("2010-12-01 18:05"))
    assert stream.summary == Summary(
        lines_read=10,
        sales=2,
        sale_lines=3,
        gift_lines=1,
        returns=1,
        return_lines=1,
        account_lines=2,
        adjustment_invoices=2,
        adjustment_lines=2,
        odd_lines=1,
    )
    assert counted(stream.summary) == 10


def test_interleaved_invoices_are_put_together_under_their_first_time(full_file: Callable[..., Path]):
    path = full_file(
        "1,11111,A,1,12/1/2010 8:26,1.0,1.0,UK",
        "2,22222,B,1,12/1/2010 8:26,1.0,2.0,UK",
        "1,33333,C,1,12/1/2010 8:27,1.0,1.0,UK",
        "2,44444,D,1,12/1/2010 8:35,1.0,2.0,UK",
    )
    assert [(i.number, i.placed_at_local.minute, [line.sku for line in i.lines]) for i in RetailFile(path)] == [
        ("1", 26, ["11111", "33333"]),
        ("2", 26, ["22222", "44444"]),
    ]


def test_the_overlap_of_the_sheets_counts_once(full_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retail, "FIRST_SHEET_LINES", 3)
    first = "1,11111,A,1,11/30/2010 17:00,1.0,1.0,UK"
    told_twice = ["2,11111,A,1,12/1/2010 8:00,1.0,1.0,UK", "3,11111,A,1,12/9/2010 8:00,1.0,1.0,UK"]
    stream = RetailFile(full_file(first, *told_twice, *told_twice))
    assert [invoice.number for invoice in stream] == ["1", "2", "3"]
    assert (stream.summary.overlap_lines, stream.summary.lines_read) == (2, 5)
    with pytest.raises(BrokenFile, match="ends before the second sheet"):
        list(RetailFile(full_file(first, *told_twice)))


GOOD = "1,11111,A,1,12/1/2010 8:26,1.0,1.0,UK"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,11111,A,1,12/1/2010 8:26,1.0,1.0", "7 columns instead of 8"),
        ("2,11111,A,many,12/1/2010 8:26,1.0,1.0,UK", "the quantity 'many' cannot be read"),
        ("2,11111,A,1,13/1/2010 8:26,1.0,1.0,UK", "the time '13/1/2010 8:26' cannot be read"),
        ("2,11111,A,1,yesterday,1.0,1.0,UK", "the time 'yesterday' cannot be read"),
        ("2,11111,A,1,12/1/2010 8:26,1.00001,1.0,UK", "the price '1.00001' cannot be read"),
        ("2,11111,A,1,12/1/2010 8:26,NaN,1.0,UK", "the price 'NaN' cannot be read"),
        ("2,11111,A,1,12/1/2010 8:26,£1,1.0,UK", "the price '£1' cannot be read"),
        (",11111,A,1,12/1/2010 8:26,1.0,1.0,UK", "the invoice number or stock code is missing"),
        ("2, ,A,1,12/1/2010 8:26,1.0,1.0,UK", "the invoice number or stock code is missing"),
        ("2,11111,A,1,12/1/2010 8:25,1.0,1.0,UK", "it is older than the line above"),
        ("1,11111,A,1,12/1/2010 8:26,1.0,2.0,UK", "invoice 1 changes its customer or country"),
    ],
)
def test_a_broken_line_is_named(full_file: Callable[..., Path], row: str, reason: str):
    with pytest.raises(BrokenFile) as error:
        list(RetailFile(full_file(GOOD, row)))
    assert error.value.message == f"retail.csv, line 3: {reason}."


def test_an_invoice_that_goes_on_much_later_is_refused(full_file: Callable[..., Path]):
    later = "2,11111,A,1,12/1/2010 18:26,1.0,1.0,UK"
    with pytest.raises(BrokenFile, match="line 4: invoice 1 goes on after more than"):
        list(RetailFile(full_file(GOOD, later, GOOD.replace("8:26", "18:26"))))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "retail.csv, line 1: the columns are not those of Online Retail II."),
        (b"a,b\n1,2\n", "retail.csv, line 1: the columns are not those of Online Retail II."),
        (lzma.compress(b"Invoice")[:-9], "retail.csv cannot be read: it is incomplete or damaged."),
        (f"{','.join(FULL_HEADER)}\n".encode() + b"1,1,\xff", "retail.csv is not UTF-8 text."),
        (f'{",".join(FULL_HEADER)}\n1,1,"A'.encode(), "retail.csv, line 2: unexpected end of data."),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: bytes, sentence: str):
    path = tmp_path / "retail.csv"
    path.write_bytes(content)
    with pytest.raises(BrokenFile) as error:
        list(RetailFile(path))
    assert error.value.message == sentence


def test_a_missing_file_is_one_sentence(tmp_path: Path):
    with pytest.raises(BrokenFile, match="There is no file"):
        list(RetailFile(tmp_path / "none.csv"))


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
sale_lines = st.builds(
    Line,
    sku=st.sampled_from(["11111", "22222A", "POST"]),
    name=names,
    is_product=st.just(True),
    quantity=st.integers(1, 10**6),
    unit_price=st.integers(1, 10**12),
).map(lambda line: line._replace(is_product=line.sku != "POST"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(orders=st.lists(st.tuples(st.integers(0, 60), st.sampled_from([None, "1", "2"]), names, st.lists(sale_lines, min_size=1))))
def test_what_is_written_as_a_slice_is_read_back_exactly(tmp_path: Path, orders: list[tuple[int, str | None, str, list[Line]]]):
    path = tmp_path / "slice.csv.xz"
    orders.sort(key=lambda order: order[0])
    invoices = [
        Invoice(str(number), "sale", datetime(2011, 9, 1, minute // 60, minute % 60), ref, country, lines)  # noqa: DTZ001 - shop-local
        for number, (minute, ref, country, lines) in enumerate(orders, 1)
    ]
    write_slice(invoices, path)
    assert list(RetailFile(path)) == invoices


def test_prices_stay_exact(full_file: Callable[..., Path]):
    texts = ["0.0001", "0.001", "2.1", "2.10", "54327.0", "38970", "1e2"]
    path = full_file(*(f"{n},11111,A,1,12/1/2010 8:26,{text},,UK" for n, text in enumerate(texts)))
    assert [invoice.lines[0].unit_price for invoice in RetailFile(path)] == [int(Decimal(text) * 10_000) for text in texts]


def test_the_survey_knows_products_and_customers(full_file: Callable[..., Path]):
    path = full_file(
        "1,11111,ODD NAME,5,10/1/2011 9:00,1.0,7.0,France",
        "2,11111,B NAME,6,11/1/2011 9:00,3.0,7.0,Belgium",
        "3,11111,B NAME,7,11/30/2011 9:00,2.5,,UK",
        "C4,11111,A NAME,-7,12/1/2011 9:00,2.0,9.0,UK",
        "5,22222,Z,1,12/1/2011 9:00,1.0,7.0,Spain",
        "5,22222,Y,1,12/1/2011 9:00,0,7.0,Spain",
    )
    found = survey(RetailFile(path))
    one, two = found.products().values()
    assert (one.sku, one.name, one.last_price, one.units_sold_last_30_days) == ("11111", "B NAME", 25_000, 7)
    assert (one.first_seen, one.last_seen) == (at("2011-10-01 09:00"), at("2011-12-01 09:00"))
    assert (two.sku, two.name, two.last_price, two.units_sold_last_30_days) == ("22222", "Y", 10_000, 1)
    seven, nine = found.customers().values()
    assert (seven.ref, seven.country, seven.orders, seven.last_seen) == ("7", "Spain", 3, at("2011-12-01 09:00"))
    assert (nine.ref, nine.country, nine.orders) == ("9", "UK", 0)


def test_the_shipped_slice_carries_its_attribution():
    text = (slice_path().parent / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for words in ("Daqing Chen", "Online Retail II", "10.24432/C5CG6D", "CC BY 4.0", "What was changed"):
        assert words in text
    with lzma.open(slice_path(), "rt", encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == SLICE_HEADER
