"""An import in steps: the file waits, its columns are matched, it is tried, mended, loaded, and what was left out tried again."""

import gzip
import inspect
from pathlib import Path
from typing import Any

import pytest

from mewayz.backend import clock
from mewayz.backend.access import ANONYMOUS, Actor, ReadOnly, StepUpRequired
from mewayz.backend.crud import read_query
from mewayz.backend.desk import ImportDesk, NothingToRetry
from mewayz.backend.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from mewayz.backend.grants import GRANTS, Role
from mewayz.backend.loads import Mode, OnError
from mewayz.backend.matching import HIDDEN
from mewayz.backend.plans import Plan
from mewayz.backend.runtime import Runtime
from mewayz.backend.sheets import SheetWriter
from mewayz.backend.sources import BrokenFile
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.products.service import products
from mewayz.domains.users.model import users_collection
from mewayz.rooms import SERVICES
from tests.domains.people import add_shop

ADA = Actor("a" * 24, "Ada", "ada@example.com", Role.ADMIN, "session")
EVE = Actor("e" * 24, "Eve", "eve@example.com", Role.ENTERPRISE, "another")
DESK = ImportDesk(SERVICES)
STOCK = "Artikel;Name;Preis;Lager;password\nA-1;Mug;2.50;3;geheim\nA-2;;free;4;geheim\nA-3;Cup;1;many;geheim\n"
PATHS = ("sku", "name", "price", "inventory.stock", "")
SKIP = Plan(PATHS, on_error=OnError.SKIP)


PACKED = [(b"\n" * 600_000, "more than 500,000 lines"), ((b"," * 1_000 + b"\n") * 17_000, "more than 16 MB")]


@pytest.fixture
async def keep(runtime: Runtime, tmp_path: Path) -> Any:
    """Lets a text wait as a file of the noun."""
    await add_shop()

    async def kept(text: str | bytes, name: str = "stock.csv", noun: str = "products", who: Actor = ADA) -> str:
        path = tmp_path / "sent"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return (await DESK.keep(who, noun, name, path)).id

    return kept


async def by_sku(sku: str) -> Product:
    found = await products_collection.find(sku=sku)
    assert found is not None
    return found


async def test_columns_are_guessed_with_their_first_values(keep: Any) -> None:
    found = await DESK.preview(ADA, await keep("SKU,Title,Price,updatedAt,Price,Passwort,error\nM-1,Mug,2.5,,9,x,bad\n,Cup,2.5,,9,y,\n"))
    assert (found.rows, found.tabular, found.upload.name) == (2, True, "stock.csv")
    assert [(one.name, one.path, one.samples) for one in found.columns] == [
        ("SKU", "sku", ("M-1",)),
        ("Title", "name", ("Mug", "Cup")),
        ("Price", "price", ("2.5",)),
        ("updatedAt", "", ()),
        ("Price", "", ("9",)),
        ("Passwort", "", (HIDDEN,)),
        ("error", "", ("bad",)),
    ]
    assert [one.note for one in found.columns][3:5] == ["Mewayz keeps this itself.", "Another column fills this field."]
    required = [one for one in found.targets if one.required]
    assert [(one.path, one.label) for one in required] == [("name", "Product"), ("price", "Price")]
    assert {one.path: one.label for one in found.targets}["inventory.lowStockThreshold"] == "Inventory: low stock threshold"


@pytest.mark.parametrize("noun", ["products", "orders"])
@pytest.mark.parametrize(("rest", "words"), PACKED)
async def test_what_is_packed_is_no_more_than_what_is_taken_over_rest(keep: Any, noun: str, rest: bytes, words: str) -> None:
    key = await keep(gzip.compress(b"name,price\n" + rest), noun=noun)
    with pytest.raises(BrokenFile, match=words):
        await DESK.preview(ADA, key)
    with pytest.raises(BrokenFile, match=words):
        await DESK.trial(ADA, key, Plan(("name", "price")))


async def test_a_trial_saves_nothing_and_finds_every_bad_row(keep: Any) -> None:
    key = await keep(STOCK)
    await products.create(ADA, {"name": "Mug", "sku": "A-1", "price": "2"})
    trial = await DESK.trial(ADA, key, Plan(PATHS))
    found = trial.loaded
    assert (found.created, found.updated, found.failed) == (0, 1, 2)
    assert found.changes[0]["fields"] == {"price": ["2.00", "2.50"], "inventory.stock": [0, 3]}
    assert [(one["line"], sorted(one["fields"])) for one in found.problems] == [(3, ["name", "price"]), (4, ["inventory.stock"])]
    assert found.problems[0]["row"] == {"sku": "A-2", "name": "", "price": "free", "inventory.stock": "4"}, "what is left out is not in it"
    assert trial.names == {2: "Mug", 3: "A-2", 4: "Cup"}
    assert str((await by_sku("A-1")).price) == "2.0000"


async def test_bad_rows_are_mended_and_all_are_in(keep: Any) -> None:
    key = await keep(STOCK)
    with pytest.raises(Invalid):
        await DESK.run(ADA, key, Plan(PATHS))
    await DESK.mend(ADA, key, {3: {"name": "Plate", "price": "3"}})
    assert (await DESK.trial(ADA, key, Plan(PATHS))).loaded.failed == 1
    await DESK.mend(ADA, key, {4: {"inventory.stock": "7"}})
    shares: list[float] = []
    found = await DESK.run(ADA, key, Plan(PATHS), shares.append)
    assert (found.created, found.failed, shares[-1]) == (3, 0, 1.0)
    assert ((await by_sku("A-2")).name, (await by_sku("A-3")).stock) == ("Plate", 7)
    assert not await DESK.waits(ADA, key), "the file is gone"
    assert found.batch is not None
    assert (await DESK.get(ADA, found.batch)).file_name == "stock.csv"


async def test_what_was_left_out_is_tried_again_once(keep: Any) -> None:
    first = await DESK.run(ADA, await keep(STOCK), SKIP)
    assert (first.created, first.failed) == (1, 2)
    assert first.batch is not None
    bad = await DESK.bad(ADA, first.batch)
    assert bad is not None
    assert [one.line for one in bad] == [3, 4]
    again = await DESK.retry(ADA, first.batch, {3: {"name": "Plate", "price": "3"}, 4: {"inventory.stock": "none"}})
    assert (again.created, again.failed) == (1, 1)
    assert again.batch is not None
    assert [one["line"] for one in (await DESK.get(ADA, again.batch)).problems] == [4]
    assert (await DESK.get(ADA, first.batch)).problems == []
    for batch, skus in ((first.batch, {"A-1"}), (again.batch, {"A-2"})):
        query = await read_query(products.spec, {"import": batch})
        assert {row["sku"] for row in (await products.page(ADA, query)).rows} == skus
    with pytest.raises(Invalid):
        await read_query(products.spec, {"import": "the last one"})
    with pytest.raises(NothingToRetry):
        await DESK.retry(ADA, first.batch, {})
    await DESK.revert(ADA, again.batch)
    assert [one.sku for one in await products_collection.find_all()] == ["A-1"]


async def test_rows_that_could_not_be_tried_stay_to_be_tried(keep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await DESK.run(ADA, await keep(STOCK), SKIP)

    async def fails(*args: Any, **more: Any) -> Any:
        raise Conflict

    monkeypatch.setattr(DESK, "_load_rows", fails)
    assert first.batch is not None
    with pytest.raises(Conflict):
        await DESK.retry(ADA, first.batch, {})
    assert len((await DESK.get(ADA, first.batch)).problems) == 2


async def test_a_record_that_is_there_can_be_refused_when_trying_again(keep: Any) -> None:
    await products.create(ADA, {"name": "Plate", "sku": "A-2", "price": "2"})
    first = await DESK.run(ADA, await keep(STOCK), Plan(PATHS, Mode.CREATE, OnError.SKIP))
    assert first.batch is not None
    again = await DESK.retry(ADA, first.batch, {3: {"name": "New", "price": "3"}}, Plan(mode=Mode.CREATE))
    assert (again.imported, again.failed) == (0, 2)
    assert (await by_sku("A-2")).name == "Plate"


async def test_ids_only_count_where_known_records_are_changed(keep: Any) -> None:
    key = await keep(f"id,name,price\n{'f' * 24},Mug,2\n,Cup,free\n")
    plan = Plan(("id", "name", "price"), Mode.CREATE, OnError.SKIP)
    first = await DESK.run(ADA, key, plan)
    assert (first.created, first.failed) == (1, 1)
    assert first.batch is not None
    assert (await DESK.retry(ADA, first.batch, {3: {"price": "1"}}, plan)).created == 1
    assert "f" * 24 not in {one.id for one in await products_collection.find_all()}


async def test_a_line_with_too_many_cells_says_so_and_can_be_mended(keep: Any) -> None:
    key = await keep("sku,name,price\nA-1,Mug,2\nA-2,Cup, red,3\n\nA-3\n")
    plan = Plan(("sku", "name", "price"))
    problems = (await DESK.trial(ADA, key, plan)).loaded.problems
    assert [(one["line"], one["fields"]["row"]) for one in problems] == [
        (3, "This line has 4 cells, the first one 3."),
        (5, "This line has 1 cells, the first one 3."),
    ]
    await DESK.mend(ADA, key, {3: {"sku": "A-2", "name": "Cup, red", "price": "3"}, 5: {"name": "Dish", "price": "4"}})
    assert (await DESK.run(ADA, key, plan)).created == 3
    assert (await by_sku("A-2")).name == "Cup, red"


async def test_every_format_is_matched(keep: Any, tmp_path: Path) -> None:
    lines = '{"sku": "J-1", "name": "Jug", "price": 2, "inventory": {"stock": 3}, "tags": ["a", "b"], "colour": "red"}\n'
    key = await keep(lines, "stock.jsonl")
    found = await DESK.preview(ADA, key)
    assert [(one.name, one.path) for one in found.columns] == [
        *((name, name) for name in ("sku", "name", "price", "inventory.stock", "tags")),
        ("colour", ""),
    ]
    await DESK.run(ADA, key, Plan([one.path for one in found.columns]))
    jug = await by_sku("J-1")
    assert (jug.stock, jug.tags) == (3, ["a", "b"])
    writer = SheetWriter("stock", ["sku", "What", "price"])
    writer.append([["X-1", "=Ewer", 2.5]])
    with writer.finished() as sheet:
        key = await keep(sheet.read(), "stock.xlsx")
    await DESK.run(ADA, key, Plan(("sku", "name", "price")))
    assert (await by_sku("X-1")).name == "=Ewer"


async def test_documents_of_the_earlier_system_are_read_as_they_are(keep: Any) -> None:
    key = await keep('{"_id": {"$oid": "507f1f77bcf86cd799439011"}, "title": "Mug", "price": 2}\n', "products.json")
    found = await DESK.preview(ADA, key)
    assert (found.tabular, found.columns) == (False, [])
    done = await DESK.run(ADA, key, Plan(on_error=OnError.SKIP))
    assert done.created == 1
    assert (await products.get(ADA, "507f1f77bcf86cd799439011")).name == "Mug"


async def test_order_lines_keep_their_place(keep: Any) -> None:
    text = "Invoice,Code,Count,Price,Secret\n1,A,2,1.50,x\n\n1,B,none,1,x\n2,A,1,1.50,x\n"
    key = await keep(text, "sales.csv", "orders")
    plan = Plan(("number", "lines.sku", "lines.quantity", "lines.unitPrice", ""), on_error=OnError.SKIP)
    problems = (await DESK.trial(ADA, key, plan)).loaded.problems
    assert {one["line"]: one["fields"] for one in problems} == {
        2: {"row": "Another line of this order cannot be taken."},
        4: {"lines.quantity": "Enter a whole number."},
    }
    first = await DESK.run(ADA, key, plan)
    assert (first.created, first.failed) == (1, 2)
    assert first.batch is not None
    again = await DESK.retry(ADA, first.batch, {4: {"lines.quantity": "3"}})
    assert (again.created, again.failed) == (1, 0)
    assert {one.number: str(one.total) for one in await orders_collection.find_all()} == {"1": "6.0000", "2": "1.5000"}


async def test_nobody_else_comes_near_a_file(keep: Any) -> None:
    key = await keep(STOCK)
    for work in (DESK.preview(EVE, key), DESK.trial(EVE, key, SKIP), DESK.run(EVE, key, SKIP), DESK.mend(EVE, key, {})):
        with pytest.raises(NotFound):
            await work
    await DESK.discard(EVE, key)
    assert await DESK.waits(ADA, key)


async def test_a_step_demands_the_noun(keep: Any, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        await keep("name,email\nX,x@example.com\n", "users.csv", "users", EVE)
    with pytest.raises(Invalid):
        await keep("a\n1\n", noun="planets")


VERBS = [name for name in dir(ImportDesk) if not name.startswith("_") and inspect.iscoroutinefunction(getattr(ImportDesk, name))]


@pytest.mark.parametrize("verb", VERBS)
async def test_nobody_gets_past_a_guard(verb: str) -> None:
    """Without an open runtime: what got past would fail otherwise."""
    demanded = [one for one in inspect.signature(getattr(DESK, verb)).parameters.values() if one.default is one.empty][1:]
    with pytest.raises(Unauthenticated):
        await getattr(DESK, verb)(ANONYMOUS, *[None for _ in demanded])
    if verb in {"keep", "mend", "retry", "run"}:
        viewing = Actor(ADA.id, role=Role.ADMIN, viewing=True)
        with pytest.raises(ReadOnly):
            await getattr(DESK, verb)(viewing, *[None for _ in demanded])


async def test_who_hands_out_roles_proves_who_they_are(keep: Any) -> None:
    stale = Actor(ADA.id, ADA.name, ADA.email, Role.ADMIN, "session")
    fresh = Actor(ADA.id, ADA.name, ADA.email, Role.ADMIN, "session", proven_at=clock.now())
    plan = Plan(("name", "email", "role"))
    key = await keep("name,email,role\nMo,mo@example.com,moderator\n", "users.csv", "users")
    for work in (DESK.trial(stale, key, plan), DESK.run(stale, key, plan)):
        with pytest.raises(StepUpRequired):
            await work
    assert (await DESK.run(fresh, key, plan)).created == 1
    assert [one.role for one in await users_collection.find_all()] == ["moderator"]


def test_the_pages_are_for_exactly_those_who_may_import_something() -> None:
    for role, grants in GRANTS.items():
        some = any(name.endswith(":import") for name in grants)
        assert some == ("imports:read" in grants) == ("imports:create" in grants) == ("imports:delete" in grants), role
