"""Segments: saved filters that narrow the list, its count and its export alike."""

from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.crud import read_query
from mewayz.backend.errors import Conflict, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.segments import segments
from mewayz.domains.customers.service import customers
from tests.domains.customers.buyers import ADMIN, MODERATOR, SELLER, buys, customer
from tests.domains.people import add_shop


async def ids(actor: Actor, **raw: str) -> list[str]:
    page = await customers.page(actor, await read_query(customers.spec, {"sort": "name", **raw}))
    assert page.total == len(page.rows)
    return [row["name"] for row in page.rows]


@pytest.fixture
async def crowd(runtime: Runtime) -> None:
    """Four customers who differ in all that can be filtered."""
    await add_shop()
    await customer("Änne", tags=["vip"], source="fair", status="lead", address={"country": "France"})
    bea = await customer("Bea", tags=["vip", "b2b"], source="shop", company="Übersee", address={"country": "Spain"})
    cleo = await customer("Cleo", source="shop", address={"country": "Spain"})
    await customer("Dora", tags=["50%_off"], status="prospect")
    await buys(bea, 4)
    await buys(bea, 1, "90")
    await buys(cleo, 2)


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ({"tag": "vip"}, ["Bea", "Änne"]),
        ({"tag": "VIP"}, []),
        ({"source": "shop", "maxSpent": "50"}, ["Cleo"]),
        ({"minSpent": "5", "maxSpent": "100.00"}, ["Bea", "Cleo"]),
        ({"minOrders": "1", "maxOrders": "1"}, ["Cleo"]),
        ({"minOrders": "2"}, ["Bea"]),
        ({"lastOrderFrom": "2000-01-01"}, ["Bea", "Cleo"]),
        ({"lastOrderTo": "2000-01-01"}, []),
        ({"segment": "no-orders", "tag": "vip"}, ["Änne"]),
    ],
)
async def test_what_can_be_filtered_can_be_saved(crowd: None, raw: dict[str, str], names: list[str]) -> None:
    assert sorted(await ids(SELLER, **raw)) == names
    query = "&".join(f"{key}={value}" for key, value in raw.items())
    made = await segments.create(SELLER, {"name": "Mine", "query": f"?{query}&sort=name&page=3"})
    assert sorted(await ids(SELLER, segment=made.slug)) == names
    [told] = await segments.counted(SELLER)
    assert (told["count"], told["countIsExact"], told["editable"]) == (len(names), True, True)
    exported = [
        row["name"]
        async for rows in await customers.export(SELLER, await read_query(customers.spec, {"segment": made.slug}))
        for row in rows
    ]
    assert sorted(exported) == names


async def test_a_segment_and_the_filters_beside_it_must_both_hold(crowd: None) -> None:
    made = await segments.create(SELLER, {"name": "Very important", "query": "tag=vip&search=übersee"})
    assert made.slug == "very-important"
    assert await ids(SELLER, segment=made.slug) == ["Bea"]
    assert await ids(SELLER, segment=made.slug, tag="b2b") == ["Bea"]
    assert await ids(SELLER, segment=made.slug, tag="50%_off") == []
    assert await ids(SELLER, segment=made.slug, search="zz") == []


async def test_one_s_own_are_one_s_own_and_shared_ones_everybody_s(crowd: None) -> None:
    own = await segments.create(SELLER, {"name": "VIP", "query": "tag=vip"})
    shared = await segments.create(SELLER, {"name": "vip!", "query": "status=lead", "shared": True})
    assert (own.slug, shared.slug) == ("vip", "vip-2")
    assert [one.slug for one in await segments.visible(MODERATOR)] == ["vip-2"]
    assert await ids(MODERATOR, segment="vip-2") == ["Änne"]
    with pytest.raises(Invalid) as raised:
        await ids(MODERATOR, segment="vip")
    assert set(raised.value.fields) == {"segment"}
    for refused in (segments.delete(MODERATOR, shared.id), segments.update(ADMIN, own.id, {"name": "x"}), segments.delete(ADMIN, own.id)):
        with pytest.raises(NotFound):
            await refused
    assert (await segments.update(ADMIN, shared.id, {"query": "status=prospect"}, 1)).slug == "vip-2"
    assert await ids(MODERATOR, segment="vip-2") == ["Dora"]
    with pytest.raises(Conflict):
        await segments.update(SELLER, shared.id, {"name": "Old"}, 1)
    await segments.delete(SELLER, own.id)
    with pytest.raises(Invalid):
        await ids(SELLER, segment="vip")


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": "", "query": "tag=vip"}, "name"),
    ({"name": "x", "query": "page=2&sort=name"}, "query"),
    ({"name": "x", "query": "colour=red"}, "query"),
    ({"name": "x", "query": "status=friend"}, "query"),
    ({"name": "x", "query": "plan=Pro"}, "query"),
    ({"name": "x", "query": "import=66f1c0ffee66f1c0ffee66f1"}, "query"),
    ({"name": "x", "query": "tag=a&tag=b"}, "query"),
    ({"name": "x", "query": "segment=saved-one"}, "query"),
    ({"name": "x", "query": "tag=vip", "owner": "y"}, "owner"),
)


async def test_what_is_no_segment_is_told(runtime: Runtime) -> None:
    for data, field in BAD:
        with pytest.raises(Invalid) as raised:
            await segments.create(SELLER, data)
        assert set(raised.value.fields) == {field}, data
    viewer = Actor("v" * 24, "Viewer", role=Role.ADMIN, viewing=True)
    with pytest.raises(Exception, match="viewing"):
        await segments.create(viewer, {"name": "x", "query": "tag=vip"})
