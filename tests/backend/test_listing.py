"""Lists: for any data and any question, every way through the list gives what a plain filter in Python gives."""

import asyncio
import base64
import itertools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mewayz.backend import listing, narrowing
from mewayz.backend.database import Database
from mewayz.backend.documents import wire
from mewayz.backend.errors import Invalid
from mewayz.backend.listing import ListSpec, Page
from mewayz.backend.narrowing import Narrowed
from mewayz.backend.runtime import Runtime
from mewayz.backend.table_columns import Column
from mewayz.domains.customers.model import CUSTOMERS
from mewayz.domains.orders.model import ORDERS, Order, orders_collection
from mewayz.domains.products.model import PRODUCTS, Product, products_collection
from mewayz.domains.users.model import USERS

UTC_ZONE = ZoneInfo("UTC")
WORDS = ("Blue", "blue", "100%", "a_b", "aXb", "back\\slash", "O'Neil", 'quo"te', "Äpfel", "ÄPFEL", "Zoë", "%", "_", "\\", "'; --", "x")
PARTS = ("äpf", "638", "81", "zOË", "B", "lue", "%%", "\\\\", "a_", "0%", "x%", "B_ue", "a%b", "_X")
STATUSES = ("draft", "published", "scheduled", "archived")
CATEGORIES = ("", "a", "A", "b c", "é'")
TAGS = ("new", "50%", 'q"t', "ü", "a,b")
SORTS = ("createdAt", "name", "price", "stock", "updatedAt")
DAY = datetime(2024, 1, 1, tzinfo=UTC)
SPECS = (USERS, PRODUCTS, ORDERS, CUSTOMERS)


def made(rng: random.Random, number: int) -> Product:
    """A product; few values for everything, so that all sorts have ties."""
    stock = rng.choice([-1, 0, 1, 5, 5, 9])
    return Product(
        name=" ".join(rng.choices(WORDS, k=rng.choice([1, 1, 2, 3]))),
        sku=rng.choice([None, f"{rng.choice(WORDS)}-{number}"]),
        price=rng.choice([Decimal(0), Decimal("0.01"), Decimal("9.99"), Decimal("9.9901"), Decimal(100)]),
        currency="GBP",
        category=rng.choice(CATEGORIES),
        tags=rng.sample(TAGS, rng.choice([0, 1, 2])),
        status=rng.choice(STATUSES),
        stock=stock,
        low_stock_threshold=rng.choice([0, 5]),
        track_inventory=rng.random() < 0.7,
        creator_id=rng.choice(["", "anna", "ben"]),
        created_at=DAY + timedelta(milliseconds=rng.choice([0, 1, 1000, 86_400_000])),
        updated_at=DAY + timedelta(days=rng.randrange(4)),
        barcode=rng.choice(["", "", "4006381", "x-81"]),
    )


OPTIONS: dict[str, st.SearchStrategy[str]] = {
    "search": st.lists(st.sampled_from((*WORDS, *PARTS)), min_size=1, max_size=3).map(" ".join),
    "sort": st.sampled_from([f"{sign}{name}" for sign in ("", "-") for name in SORTS]),
    "status": st.lists(st.sampled_from(STATUSES), min_size=1, max_size=3, unique=True).map(",".join),
    "category": st.sampled_from((*CATEGORIES[1:], "unknown")),
    "minPrice": st.sampled_from(["0", "9.99", "9.9901", "1000"]),
    "maxPrice": st.sampled_from(["0", "9.99", "50"]),
    "creator": st.sampled_from(["anna", "nobody"]),
    "tag": st.sampled_from((*TAGS, "n", "NEW")),
    "stock": st.sampled_from(["low", "out", "in", "low,out"]),
}


@st.composite
def questions(draw: st.DrawFn) -> dict[str, str]:
    """A query string with few enough filters that rows are left."""
    keys = draw(st.sets(st.sampled_from(sorted(OPTIONS)), max_size=3))
    found = {"limit": draw(st.sampled_from(["3", "7", "20", "100"])), **{key: draw(OPTIONS[key]) for key in sorted(keys)}}
    # A range that ends before it begins is refused.
    assume(Decimal(found.get("minPrice", 0)) <= Decimal(found.get("maxPrice", 10**6)))
    return found


def levels(one: Product) -> dict[str, bool]:
    return {
        "low": one.track_inventory and 0 < one.stock <= one.low_stock_threshold,
        "out": one.track_inventory and one.stock <= 0,
        "in": not one.track_inventory or one.stock > 0,
    }


def plain(documents: list[Product], raw: dict[str, str]) -> list[Product]:
    """The list as anybody would write it in Python."""

    def fits(one: Product) -> bool:
        texts = [value.lower() for value in (one.name, one.sku, one.category, one.barcode) if value is not None]
        return (
            all(any(word.lower() in value for value in texts) for word in raw.get("search", "").split())
            and ("status" not in raw or one.status in raw["status"].split(","))
            and one.category == raw.get("category", one.category)
            and one.price >= Decimal(raw.get("minPrice", 0))
            and one.price <= Decimal(raw.get("maxPrice", 10**6))
            and one.creator_id == raw.get("creator", one.creator_id)
            and ("tag" not in raw or raw["tag"] in one.tags)
            and ("stock" not in raw or any(levels(one)[name] for name in raw["stock"].split(",")))
        )

    sort = raw.get("sort", "-createdAt")
    name = {"createdAt": "created_at", "updatedAt": "updated_at"}.get(sort.strip("-"), sort.strip("-"))
    return sorted(filter(fits, documents), key=lambda one: (getattr(one, name), one.id), reverse=sort.startswith("-"))


async def ask(database: Database, raw: dict[str, str], spec: ListSpec = PRODUCTS, **restriction: Any) -> Page:
    return await spec.page(database, spec.parse(raw, UTC_ZONE), restriction)


async def assert_same(database: Database, raw: dict[str, str], expected: list[str]) -> None:
    """Walk the list in every way."""
    limit = int(raw["limit"])
    pages = -(-len(expected) // limit)
    for number in random.Random(len(expected)).sample(range(1, pages + 3), pages + 2):
        page = await ask(database, {**raw, "page": str(number)})
        assert [row["id"] for row in page.rows] == expected[(number - 1) * limit : number * limit], number
        assert (page.total, page.total_is_exact, page.total_pages) == (len(expected), True, pages)
        assert page.has_next == (number * limit < len(expected))
        assert page.has_prev == (number > 1 and bool(expected))
        assert (page.next_cursor is not None) == page.has_next
    found, cursor = [], ""
    for _ in range(pages + 1):
        page = await ask(database, {**raw, "cursor": cursor})
        found += [row["id"] for row in page.rows]
        cursor = page.next_cursor or ""
        if not cursor:
            break
    assert found == expected
    query = PRODUCTS.parse(raw, UTC_ZONE)
    assert [row["id"] async for rows in PRODUCTS.stream(database, query) for row in rows] == expected


class Products(list[Product]):
    """Documents that a failed example does not print one by one."""

    def __repr__(self) -> str:
        return f"<{len(self)} products>"


async def filled(runtime: Runtime, seed: int, count: int) -> Products:
    rng = random.Random(seed)
    documents = Products(made(rng, number) for number in range(count))
    rng.shuffle(documents)
    await products_collection.add_many(documents)
    return documents


@pytest.fixture
async def documents(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Products:
    monkeypatch.setattr(narrowing, "_FEW", 8)  # so that some searches find few, and some more
    return await filled(runtime, 11, 70)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=questions())
async def test_every_way_through_a_list_agrees(runtime: Runtime, documents: Products, raw: dict[str, str]) -> None:
    await assert_same(runtime.database, raw, [one.id for one in plain(documents, raw)])


async def test_every_search_is_taken_literally(runtime: Runtime, documents: Products) -> None:
    for words in (*WORDS, *PARTS, "blue äpfel", "% _", "ä ö"):
        expected = [one.id for one in plain(documents, {"search": words})]
        page = await ask(runtime.database, {"search": words, "limit": "100"})
        assert [row["id"] for row in page.rows] == expected, words


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a small table reaches."""
    monkeypatch.setattr(listing, "_DEEP", 4)


@pytest.mark.usefixtures("shallow")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=questions())
async def test_far_pages_agree_too(runtime: Runtime, documents: Products, raw: dict[str, str]) -> None:
    await assert_same(runtime.database, raw, [one.id for one in plain(documents, raw)])


async def test_rows_are_the_documents(runtime: Runtime, documents: Products) -> None:
    page = await ask(runtime.database, {"limit": "100"})
    assert page.rows == [wire(one) for one in plain(documents, {})]
    assert set(page.rows[0]) == set(PRODUCTS.keys)
    [rows] = [rows async for rows in PRODUCTS.stream(runtime.database, PRODUCTS.parse({}, UTC_ZONE))]
    assert rows == page.rows


async def test_only_the_fields_that_were_asked_for(runtime: Runtime, documents: Products) -> None:
    page = await ask(runtime.database, {"fields": "id, name,inventory", "limit": "1"})
    assert list(page.rows[0]) == ["id", "name", "inventory"]
    assert page.next_cursor


async def test_a_restriction_narrows_rows_total_and_export(runtime: Runtime, documents: Products) -> None:
    expected = [one.id for one in plain(documents, {"creator": "anna"})]
    page = await ask(runtime.database, {"limit": "100"}, creator_id="anna")
    assert [row["id"] for row in page.rows] == expected
    assert page.total == len(expected)
    query = PRODUCTS.parse({}, UTC_ZONE)
    assert [row["id"] async for rows in PRODUCTS.stream(runtime.database, query, {"creator_id": "anna"}) for row in rows] == expected


async def test_an_export_ignores_page_and_cursor(runtime: Runtime, documents: Products) -> None:
    first = await ask(runtime.database, {"limit": "5"})
    query = PRODUCTS.parse({"limit": "5", "cursor": first.next_cursor or "", "page": "3"}, UTC_ZONE)
    found = [row["id"] async for rows in PRODUCTS.stream(runtime.database, query) for row in rows]
    assert found == [one.id for one in plain(documents, {})]


async def test_a_page_stays_put_while_rows_are_added_by_cursor(runtime: Runtime, documents: Products) -> None:
    first = await ask(runtime.database, {"limit": "10"})
    expected = [one.id for one in plain(documents, {})][10:20]
    await products_collection.add(made(random.Random(5), 999).model_copy(update={"created_at": DAY + timedelta(days=9)}))
    page = await ask(runtime.database, {"limit": "10", "cursor": first.next_cursor or ""})
    assert [row["id"] for row in page.rows] == expected
    assert page.has_prev


async def test_what_cannot_be_kept_is_counted_up_to_a_bound(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = await filled(runtime, 3, 60)
    monkeypatch.setattr(listing, "COUNT_BOUND", 20)
    expected = [one.id for one in plain(documents, {"maxPrice": "50"})]
    assert len(expected) > 30
    page = await ask(runtime.database, {"maxPrice": "50", "limit": "7", "page": "4"})
    assert [row["id"] for row in page.rows] == expected[21:28]
    assert (page.total, page.total_is_exact, page.has_next, page.has_prev) == (20, False, True, True)
    assert (await ask(runtime.database, {"maxPrice": "50", "page": "99"})).rows == []
    exact = await ask(runtime.database, {"limit": "7"})
    assert (exact.total, exact.total_is_exact) == (60, True)


async def test_an_empty_list(runtime: Runtime) -> None:
    for raw in ({}, {"page": "5"}, {"search": "x"}, {"minPrice": "1"}):
        page = await ask(runtime.database, raw)
        assert (page.rows, page.total, page.total_pages, page.has_next, page.next_cursor) == ([], 0, 0, False, None)


@pytest.mark.parametrize(
    ("raw", "field", "said"),
    [
        ({"colour": "red"}, "colour", "not known"),
        ({"Status": "draft"}, "Status", "not known"),
        ({"page": "0"}, "page", "from 1 to"),
        ({"page": "-1"}, "page", "whole number"),
        ({"page": "1.5"}, "page", "whole number"),
        ({"page": "٣"}, "page", "whole number"),
        ({"page": "1000001"}, "page", "1000000"),
        ({"page": "9" * 30}, "page", "1000000"),
        ({"limit": "101"}, "limit", "100"),
        ({"limit": "many"}, "limit", "100"),
        ({"sort": "colour"}, "sort", "createdAt, name, price"),
        ({"sort": "--price"}, "sort", "createdAt"),
        ({"sort": "sku"}, "sort", "createdAt"),
        ({"sort": "created_at"}, "sort", "createdAt"),
        ({"order": "up"}, "order", "asc, desc"),
        ({"sort": "-price", "order": "asc"}, "order", "without the -"),
        ({"search": "x" * 101}, "search", "100 characters"),
        ({"search": " ".join("abcdefghijk")}, "search", "10 words"),
        ({"search": "a\0"}, "search", "characters"),
        ({"search": "\udc80"}, "search", "characters"),
        ({"fields": "id,passwordHash"}, "fields", "passwordHash"),
        ({"cursor": "nonsense"}, "cursor", "nextCursor"),
        ({"status": "gone"}, "status", "draft"),
        ({"minPrice": "cheap"}, "minPrice", "amount"),
        ({"stock": "lots"}, "stock", "low"),
    ],
)
def test_what_is_wrong_is_told_at_its_key(raw: dict[str, str], field: str, said: str) -> None:
    with pytest.raises(Invalid) as raised:
        PRODUCTS.parse(raw, UTC_ZONE)
    assert set(raised.value.fields) == {field}
    assert said in raised.value.fields[field]


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid) as raised:
        PRODUCTS.parse({"page": "x", "limit": "x", "a": "1", "status": "x"}, UTC_ZONE)
    assert set(raised.value.fields) == {"page", "limit", "a", "status"}


def test_an_empty_value_is_no_value() -> None:
    raw = {"page": "", "limit": "", "search": "  ", "sort": "", "status": "", "minPrice": "", "cursor": "", "fields": "", "order": ""}
    assert PRODUCTS.parse(raw, UTC_ZONE) == PRODUCTS.parse({}, UTC_ZONE)


@pytest.mark.parametrize(
    ("raw", "order"),
    [
        ({}, "-createdAt"),
        ({"sort": "price"}, "price"),
        ({"sort": "-price"}, "-price"),
        ({"sort": "price", "order": "desc"}, "-price"),
        ({"sort": "price", "order": "asc"}, "price"),
        ({"sort": "-price", "order": "desc"}, "-price"),
        ({"order": "asc"}, "createdAt"),
    ],
)
def test_the_order_that_is_meant(raw: dict[str, str], order: str) -> None:
    assert PRODUCTS.parse(raw, UTC_ZONE).order_text == order


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts if len(parts) != 1 else parts[0])).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("price", forged("-price", 1, "a")),
        ("price", forged("stock", 1, "a")),
        ("price", forged("price", "1", "a")),
        ("price", forged("price", 1.5, "a")),
        ("price", forged("price", True, "a")),
        ("price", forged("price", None, "a")),
        ("price", forged("price", 2**63, "a")),
        ("price", forged("price", 1, 5)),
        ("price", forged("price", 1, "a\0")),
        ("price", forged("price", 1)),
        ("price", forged("price", 1, "a", "b")),
        ("price", forged({"price": 1, "a": 2, "b": 3})),
        ("price", forged(5)),
        ("price", "!!!"),
        ("price", "é"),
        ("stock", forged("stock", 2**31, "a")),
        ("stock", forged("stock", -(2**31) - 1, "a")),
        ("name", forged("name", 5, "a")),
        ("name", forged("name", "a\0", "a")),
        ("name", forged("name", ["a"], "a")),
        ("createdAt", forged("createdAt", "2024-99-99T99:99:99.000Z", "a")),
        ("createdAt", forged("createdAt", "2024-01-01T00:00:00.000Z\n", "a")),
        ("createdAt", forged("createdAt", "2024-01-01", "a")),
        ("createdAt", forged("createdAt", 5, "a")),
    ],
)
def test_a_cursor_that_this_list_did_not_give_is_refused(sort: str, cursor: str) -> None:
    with pytest.raises(Invalid) as raised:
        PRODUCTS.parse({"sort": sort, "cursor": cursor}, UTC_ZONE)
    assert set(raised.value.fields) == {"cursor"}


async def test_a_cursor_of_extreme_values_is_answered(runtime: Runtime, documents: Products) -> None:
    for sort, value in (("price", -(2**63)), ("stock", 2**31 - 1), ("name", "\U0010ffff"), ("createdAt", "0001-01-01T00:00:00.000Z")):
        for last in ("", "zz", "é" * 50):
            await ask(runtime.database, {"sort": sort, "cursor": forged(sort, value, last)})


@given(
    raw=st.dictionaries(st.sampled_from(["page", "limit", "search", "sort", "order", "cursor", "fields", "status", "minPrice"]), st.text())
)
def test_any_query_string_is_read_or_invalid(raw: dict[str, str]) -> None:
    try:
        PRODUCTS.parse(raw, UTC_ZONE)
    except Invalid as error:
        assert set(error.fields) <= set(raw)


async def test_large_parts_are_left_out_of_a_list_of_orders(runtime: Runtime) -> None:
    lines = [{"productId": "p", "sku": "", "name": "n", "quantity": 1, "unitPrice": "1.00", "total": "1.00"}]
    await orders_collection.add(Order(number="1", currency="GBP", subtotal=Decimal(1), total=Decimal(1), lines=lines))
    [row] = (await ask(runtime.database, {}, ORDERS)).rows
    assert not {"lines", "timeline", "shippingAddress", "billingAddress"} & set(row)
    assert row["total"] == "1.00"


def test_a_column_reaches_into_a_group() -> None:
    column = Column("inventory.low_stock", "Low")
    assert column.key == "inventory.lowStock"
    assert column.of({"inventory": {"lowStock": 3}}) == 3
    assert column.of({"inventory": None}) is None
    assert column.of({}) is None


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.noun)
def test_every_shown_column_is_in_the_rows(spec: ListSpec) -> None:
    for column in spec.columns:
        assert column.key.split(".")[0] in spec.keys, column.name
    assert set(spec.sorts) >= {spec.default_sort}


async def test_every_sort_follows_an_index(runtime: Runtime) -> None:
    """A page costs its rows and not the table: nothing is sorted for it."""
    if not runtime.database.sqlite:
        return  # PostgreSQL's planner sorts small tables whatever the indexes
    sorted_for_it: list[str] = []
    for spec, sign in itertools.product(SPECS, ("", "-")):
        for key in spec.sorts:
            query = spec.parse({"sort": f"{sign}{key}"}, UTC_ZONE)
            shape = spec._shape(query, {}, deep=False, descending=query.descending, narrowed=Narrowed())
            prepared = runtime.database.prepare(spec._statements.page(shape, True))
            explained = type("Explained", (), {"sql": f"EXPLAIN QUERY PLAN {prepared.sql}"})()
            rows = await runtime.database.run(explained, prepared.bind({"limit": 10, "offset": 0}))
            if any("TEMP B-TREE" in row[-1] for row in rows):
                sorted_for_it.append(f"{spec.noun}: {sign}{key}")
    assert sorted_for_it == []


async def test_reads_at_once_do_not_disturb_each_other(runtime: Runtime, documents: Products) -> None:
    questions = [{"sort": sort, "limit": "7", "page": str(page)} for sort in SORTS for page in (1, 3, 9)]
    alone = [[row["id"] for row in (await ask(runtime.database, raw)).rows] for raw in questions]
    together = await asyncio.gather(*(ask(runtime.database, raw) for raw in questions))
    assert [[row["id"] for row in page.rows] for page in together] == alone


async def test_a_streamed_list_is_one_view(runtime: Runtime, documents: Products, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0
    async for rows in runtime.database.stream(text("SELECT id FROM products"), size=10):
        if seen == 0:
            await products_collection.add_many([made(random.Random(3), number) for number in range(2000, 2030)])
        seen += len(rows)
    assert seen == 70
