"""The shop: one row that everything else reads, and reads anew when it changes."""

import pytest

from mewayz.backend.errors import Conflict
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import SHOP_ID, Shop, is_set_up, known_timezone, shop, shops


async def test_before_set_up_there_are_defaults(runtime: Runtime) -> None:
    assert not await is_set_up()
    place = await shop()
    assert (place.name, place.currency, place.zone.key) == ("Mewayz", "GBP", "UTC")


async def test_a_change_is_seen_at_once(runtime: Runtime) -> None:
    await shop()
    await shops.add(Shop(id=SHOP_ID, name="Mugs", currency="EUR", timezone="Europe/Berlin"))
    assert await is_set_up()
    place = await shop()
    assert (place.name, place.currency, place.zone.key, place.rev) == ("Mugs", "EUR", "Europe/Berlin", 1)
    await shops.patch(SHOP_ID, {"name": "Cups"}, 1)
    assert ((await shop()).name, (await shop()).rev) == ("Cups", 2)


async def test_there_is_one(runtime: Runtime) -> None:
    await shops.add(Shop(id=SHOP_ID, name="Mugs", currency="EUR", timezone="Europe/Berlin"))
    with pytest.raises(Conflict):
        await shops.add(Shop(id=SHOP_ID, name="Cups", currency="EUR", timezone="Europe/Berlin"))


def test_time_zones() -> None:
    assert known_timezone("Europe/Berlin")
    for name in ("Berlin", "", "../../etc/passwd", "Europe/Berlin\n", "europe/berlin"):
        assert not known_timezone(name)
