"""Tables with a line for each variant: they come back as they were, and lines of elsewhere change only what they name."""

import csv
import io
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mewayz.backend.export import MEDIA_TYPES, open_export
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.products.service import products
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in
from tests.domains.products.goods import SELLER, VARIANT, entries, tee, titles

CSV = {"Content-Type": "text/csv"}
SHOPIFY = """\
Handle,Title,Body (HTML),Product Category,Tags,Status,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,\
Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Barcode,Cost per item
linen-shirt,Linen shirt,<p>Cool</p>,Apparel > Shirts,"linen, summer",active,Size,S,Colour,Sand,LS-S,4,49.00,59.00,4006381333931,21.50
linen-shirt,,,,,,,M,,Sand,LS-M,0,49.00,,,21.50
linen-shirt,,,,,,,M,,Moss,LS-MM,2,52.00,,,
mug,Mug,,,,draft,Title,Default Title,,,MUG-1,7,12.50,,123,4
"""
WORDS = st.text("aé“S, 1=+-", min_size=1, max_size=6).map(str.strip).filter(bool)
PRODUCT = st.fixed_dictionaries(
    {
        "name": WORDS,
        "description": st.text("a<é\n'=,\"", max_size=9),
        "category": st.sampled_from(["", "Home", "Home > Kitchen"]),
        "tags": st.lists(WORDS, max_size=3),
        "price": st.decimals(1, 99, places=2).map(str),
        "status": st.sampled_from(["published", "draft", "scheduled"]),
        "publishAt": st.just("2027-01-31T08:00:00Z"),
    }
)
VALUES = st.lists(WORDS, min_size=1, max_size=3, unique_by=str.casefold)


@st.composite
def goods(draw: st.DrawFn) -> dict[str, Any]:
    """A product with up to two options, whose combinations need not all exist, or without any."""
    made = draw(PRODUCT)
    axes = draw(st.lists(VALUES, max_size=2))
    if not axes:
        return {**made, "inventory": {"stock": draw(st.integers(0, 9))}}
    pairs = [[one] for one in axes[0]] if len(axes) == 1 else [[one, two] for one in axes[0] for two in axes[1]]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, unique_by=tuple))
    options = [{"name": f"Option {number}", "values": values} for number, values in enumerate(axes)]
    return {**made, "options": options, "variants": [{"values": values, **draw(VARIANT)} for values in chosen]}


async def table(kind: str = "csv", **asked: str) -> bytes:
    found = await open_export(products, SELLER, {"format": kind, "rows": "variants", **asked})
    return b"".join([chunk async for chunk in found.chunks])


async def sent(client: httpx.AsyncClient, text: str | bytes, **asked: str) -> dict[str, Any]:
    return data_of(await client.post("/products/import", content=text, headers=CSV, params=asked))


async def shirt() -> Product:
    found = await products_collection.find(slug="linen-shirt")
    assert found is not None
    return found


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(made=goods(), kind=st.sampled_from(["csv", "xlsx"]))
async def test_what_was_exported_changes_nothing_when_it_comes_back(sqlite_runtime: Runtime, made: dict[str, Any], kind: str) -> None:
    if await products_collection.find(slug="bystander") is None:
        await add_shop()
        await products.create(SELLER, {"name": "Bystander", "slug": "bystander", "price": "3"})
        await add_person(Role.ADMIN)
    before = await products.create(SELLER, made)
    file = await table(kind)
    async with signed_in("admin@example.com") as client:
        told = data_of(await client.post("/products/import", content=file, headers={"Content-Type": MEDIA_TYPES[kind]}))
    assert (told["imported"], told["unchanged"]) == (0, 2)
    assert await products.get(SELLER, before.id) == before
    await products.delete(SELLER, before.id)


async def test_a_shop_of_elsewhere_moves_in(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person(Role.ADMIN)
    async with signed_in(admin.email) as client:
        told = await sent(client, SHOPIFY)
        assert (told["created"], told["failed"]) == (2, 0)
        made = await shirt()
        assert (made.name, made.category, made.tags, made.status, str(made.price)) == (
            "Linen shirt", "Apparel > Shirts", ["linen", "summer"], "published", "49.0000",
        )  # fmt: skip
        assert made.options == [{"name": "Size", "values": ["S", "M"]}, {"name": "Colour", "values": ["Sand", "Moss"]}]
        assert titles(made) == {"S/Sand": 4, "M/Sand": 0, "M/Moss": 2}
        first = made.variants[0]
        assert (first["sku"], first["price"], first["compareAtPrice"], first["barcode"], first["cost"]) == (
            "LS-S", "49.00", "59.00", "4006381333931", "21.50",
        )  # fmt: skip
        mug = await products_collection.find(sku="MUG-1")
        assert mug is not None
        assert (mug.slug, mug.stock, mug.status, str(mug.price), mug.barcode, mug.options) == ("mug", 7, "draft", "12.5000", "123", [])
        assert (await sent(client, SHOPIFY))["unchanged"] == 2


async def test_lines_change_what_they_name_and_are_taken_back(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person(Role.ADMIN)
    async with signed_in(admin.email) as client:
        await sent(client, SHOPIFY)
        before = await shirt()
        # Found by its SKU alone, also where another line of the file is about the same product; a new value is a new variant.
        lines = "Variant SKU,Variant Price,Variant Stock\nLS-M,45,6\nMUG-1,13,7\nLS-MM,52,3\n"
        new = "Handle,Option1 Value,Option2 Value,Variant SKU,Variant Stock\nlinen-shirt,L,Moss,LS-L,1\nlinen-shirt,XS,Sand,LS-S,4\n"
        dry = await sent(client, lines, dryRun="true")
        assert [change["fields"] for change in dry["changes"]] == [
            {"variants[M / Sand].price": ["49.00", "45.00"], "variants[M / Sand].stock": [0, 6]},
            {"price": ["12.50", "13.00"]},
            {"variants[M / Moss].stock": [2, 3]},
        ]
        assert await shirt() == before
        told = await sent(client, lines)
        assert titles(await shirt()) == {"S/Sand": 4, "M/Sand": 6, "M/Moss": 3}
        await taken_back(client, told, before)
        told = await sent(client, new)
        after = await shirt()
        assert titles(after) == {"XS/Sand": 4, "M/Sand": 0, "M/Moss": 2, "L/Moss": 1}
        assert [one["id"] for one in after.variants][:3] == [one["id"] for one in before.variants], "a known SKU is the same variant"
        assert after.options[0]["values"] == ["M", "XS", "L"]
        assert (after.stock, (await entries(after))[-1][:4]) == (7, ("L / Moss", "receipt", 1, 1))
        await taken_back(client, told, before)


async def taken_back(client: httpx.AsyncClient, told: dict[str, Any], before: Product) -> None:
    """Take an import back, and see that the shirt is what it was."""
    undone = await client.post(f"/imports/{told['batch']}/revert")
    assert undone.status_code == 200, undone.text
    back = await shirt()
    assert (back.options, back.variants, back.stock) == (before.options, before.variants, before.stock)


async def test_each_bad_line_says_what_is_wrong_with_it(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person(Role.ADMIN)
    file = (
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Stock\n"
        "cap,Cap,Size,S,CAP-S,free,1\ncap,,,M,CAP-M,9,-2\ncap,,,L,CAP-S,9,1\nhat,Hat,Size,S,HAT,5,1\nscarf,Scarf,,,SC-1,3,1\nscarf,Scarf,,,SC-2,3,1\n"
    )
    async with signed_in(admin.email) as client:
        error = refused(await client.post("/products/import", content=file, headers=CSV), 422, "products.import")
        assert error["fields"]["line 2: variant.price"] == "Enter an amount, such as 12.50."
        assert error["fields"]["line 6: option1Name"].startswith("Say by what these lines differ")
        assert await products_collection.find_all() == []
        mended = file.replace("free", "9")
        error = refused(await client.post("/products/import", content=mended, headers=CSV), 422, "products.import")
        assert {"line 3: variant.stock", "line 4: variant.sku"} <= set(error["fields"])
        told = await sent(client, mended, onError="skip")
        assert (told["created"], told["failed"]) == (1, 5)
        assert [problem["line"] for problem in told["problems"]] == [2, 3, 4, 6, 7]
        assert told["problems"][0]["fields"] == {"row": "Another line of this record cannot be taken."}
        assert told["problems"][0]["row"]["Variant SKU"] == "CAP-S", "what is to be mended is whole"


async def test_the_table_of_the_export(runtime: Runtime) -> None:
    await add_shop()
    await tee(5, 0, barcode="77")
    mug = await products.create(SELLER, {"name": "Mug", "price": "5", "sku": "MUG", "inventory": {"stock": 2}})
    rows = list(csv.DictReader(io.StringIO((await table(sort="name")).decode(), newline="")))
    assert [(row["Handle"], row["Title"], row["Option1 Value"], row["Option2 Value"], row["Variant SKU"]) for row in rows] == [
        ("mug", "Mug", "", "", ""),
        ("tee", "Tee", "S", "Red", "TEE-S-RED"),
        ("tee", "", "S", "Blue", "TEE-S-BLUE"),
    ]
    assert [(row["Price"], row["SKU"], row["Stock"], row["Variant Stock"]) for row in rows] == [
        ("5.00", "MUG", "2", ""), ("20.00", "", "", "5"), ("", "", "", "0"),
    ]  # fmt: skip
    assert rows[0]["id"] == mug.id
    admin = await add_person(Role.ADMIN)
    async with signed_in(admin.email) as client:
        for asked in ({"rows": "lines"}, {"rows": "variants", "format": "jsonl"}, {"rows": "variants", "columns": "name"}):
            answer = await client.get("/products/export", params=asked)
            assert set(refused(answer, 422, "invalid")["fields"]) == {"rows"}
        assert set(refused(await client.get("/customers/export", params={"rows": "variants"}), 422, "invalid")["fields"]) == {"rows"}
