"""The catalogue as customers find it: what is for sale and visible, by category, slug and level of stock."""

from datetime import timedelta
from typing import Any

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.crud import read_query
from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.products.model import Product
from mewayz.domains.products.service import products
from mewayz.domains.products.slugs import slug_of
from tests.domains.people import add_shop

SELLER = Actor("a" * 24, "Seller", "seller@example.com", Role.ENTERPRISE)
BUYER = Actor("b" * 24, "Buyer", "buyer@example.com", Role.USER)


async def mug(**values: Any) -> Product:
    return await products.create(SELLER, {"name": "Mug", "price": "2.50", **values})


async def found(actor: Actor = SELLER, **raw: str) -> list[str]:
    """The names on a page, in their order."""
    page = await products.page(actor, await read_query(products.spec, {"sort": "name", **raw}))
    assert page.total == len(page.rows)
    return [row["name"] for row in page.rows]


async def test_a_product_is_for_sale_from_its_moment_on(runtime: Runtime) -> None:
    await add_shop("Europe/London")
    made = await mug(status="scheduled", publishAt="2030-07-01T09:00")
    assert wire(made)["publishAt"] == "2030-07-01T08:00:00.000Z", "an hour of the shop in summer"
    moment = made.publish_at
    assert moment is not None
    for offset, sold in ((-1, False), (0, True), (1, True)):
        with clock.frozen(moment + timedelta(minutes=offset)):
            assert bool(await found(BUYER)) is sold
            assert (await products.stats(BUYER))["total"] == int(sold)
            if sold:
                assert (await products.get(BUYER, made.id)).name == "Mug"
            else:
                with pytest.raises(NotFound):
                    await products.get(BUYER, made.id)
    assert await found(SELLER) == ["Mug"]


async def test_a_schedule_needs_its_moment(runtime: Runtime) -> None:
    made = await mug()
    for wrong in (mug(status="scheduled"), products.update(SELLER, made.id, {"status": "scheduled"})):
        with pytest.raises(Invalid) as raised:
            await wrong
        assert set(raised.value.fields) == {"publishAt"}
    with pytest.raises(Invalid):
        await mug(publishAt="someday")
    changed = await products.update(SELLER, made.id, {"status": "scheduled", "publishAt": "2030-01-01"})
    with pytest.raises(Invalid):
        await products.update(SELLER, made.id, {"publishAt": None})
    emptied = await products.update(SELLER, made.id, {"status": "published", "publishAt": ""}, changed.rev)
    assert emptied.publish_at is None


async def test_a_hidden_product_is_found_by_its_link_only(runtime: Runtime) -> None:
    made = await mug(name="Hidden", visibility="hidden", category="a")
    await mug(name="Shown", category="b")
    await mug(name="Draft", status="draft", category="c")
    assert await found(BUYER) == ["Shown"]
    assert await products.values(BUYER, "category") == ["b"]
    assert (await products.get(BUYER, made.id)).name == "Hidden"
    assert await found(SELLER, visibility="hidden") == ["Hidden"]
    assert await found(BUYER, visibility="hidden") == []


async def test_a_category_holds_what_is_below_it(runtime: Runtime) -> None:
    paths = ["Home", "Home>Kitchen", " Home > Kitchen >  Cups ", "Homeware", "home > Kitchen", "Garden > Home", ""]
    for path in paths:
        await mug(name=f"P {path.strip()}", category=path)
    expected = {
        "Home": {"P Home", "P Home>Kitchen", "P Home > Kitchen >  Cups"},
        "Home > Kitchen": {"P Home>Kitchen", "P Home > Kitchen >  Cups"},
        "Home > Kitchen > Cups": {"P Home > Kitchen >  Cups"},
        "Garden": {"P Garden > Home"},
        "Homeware": {"P Homeware"},
        "Unknown": set(),
        "H%": set(),
    }
    for category, names in expected.items():
        assert set(await found(category=category)) == names, category
        query = await read_query(products.spec, {"category": category})
        assert await products.total(SELLER, query) == (len(names), True)
        assert len([row async for part in await products.export(SELLER, query) for row in part]) == len(names)
    offered = await products.values(SELLER, "category")
    assert offered == ["Garden", "Garden > Home", "Home", "Home > Kitchen", "Home > Kitchen > Cups", "Homeware", "home", "home > Kitchen"]


async def test_a_new_category_counts_at_once(runtime: Runtime) -> None:
    await mug(category="Home > Kitchen")
    assert len(await found(category="Home")) == 1
    await mug(category="Home > Bath")
    assert len(await found(category="Home")) == 2


async def test_low_is_more_than_none(runtime: Runtime) -> None:
    for name, stock in (("a", -1), ("b", 0), ("c", 1), ("d", 2), ("e", 3)):
        made = await mug(name=name, inventory={"stock": max(stock, 0), "lowStockThreshold": 2, "allowBackorders": True})
        if stock < 0:
            await products.take(SELLER, {made.id: -stock}, order_id="0" * 24)
    assert await found(stock="low") == ["c", "d"]
    assert await found(stock="out") == ["a", "b"]
    assert await found(stock="low,out") == ["a", "b", "c", "d"]
    assert await found(stock="in") == ["c", "d", "e"]
    with pytest.raises(Invalid):
        await found(stock="low,none")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Red Mug", "red-mug"),
        ("  Café “Noir” – 100% ", "cafe-noir-100"),
        ("ÅÄÖ ﬁne", "aao-fine"),
        ("日本", ""),
        ("x" * 300, "x" * 100),
    ],
)
def test_a_slug_comes_from_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


async def test_slugs_belong_to_one_product(runtime: Runtime) -> None:
    first, second, nameless = await mug(name="Red Mug"), await mug(name="Red mug!"), await mug(name="日本")
    assert (first.slug, nameless.slug) == ("red-mug", None)
    assert second.slug is not None
    assert second.slug.startswith("red-mug-")
    with pytest.raises(Conflict) as raised:
        await mug(slug="red-mug")
    assert set(raised.value.fields) == {"slug"}
    for wrong in ("Red", "a--b", "a b", "ä", "-a"):
        with pytest.raises(Invalid) as refused:
            await mug(slug=wrong)
        assert set(refused.value.fields) == {"slug"}
    changed = await products.update(SELLER, first.id, {"slug": "the-mug", "name": "The mug"})
    assert (changed.slug, await found(slug="the-mug"), await found(slug="red-mug")) == ("the-mug", ["The mug"], [])
    assert (await products.update(SELLER, first.id, {"slug": "", "name": "Mug"})).slug == "the-mug"
