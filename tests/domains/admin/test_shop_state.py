"""The shop on the page of administration: it can be renamed, and says what it was set up with."""

from typing import Any

import pytest

from mewayz.backend.errors import Forbidden
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import shop
from mewayz.domains.admin.service import admin
from mewayz.domains.admin.shop_state import ShopSettings
from mewayz.ui.places import ShellState
from tests.domains.auth.flows import whom
from tests.domains.people import add_person, add_shop
from tests.tabs import opened


async def save(page: ShopSettings, name: str) -> None:
    """Send the form."""
    handler: Any = ShopSettings.event_handlers["save"].fn
    async for _ in handler(page, {"name": name}):
        pass


async def test_an_administrator_renames_the_shop(runtime: Runtime) -> None:
    await add_shop()
    page = await opened(ShopSettings, "/admin", await add_person(Role.ADMIN))
    await page.load()
    assert (page.name, page.currency, page.timezone) == ("Test shop", "GBP", "Europe/London")
    await save(page, "  Corner & Sons  ")
    assert (page.error, page.field_errors, page.saving) == ("", {}, False)
    assert (await shop()).name == page.name == (await page.get_state(ShellState)).shop == "Corner & Sons"
    for bad in ("", " ", "x" * 101):
        await save(page, bad)
        assert set(page.field_errors) == {"name"}
        assert (await shop()).name == "Corner & Sons"


@pytest.mark.parametrize("role", [Role.USER, Role.MODERATOR, Role.ENTERPRISE])
async def test_others_cannot(sqlite_runtime: Runtime, role: Role) -> None:
    await add_shop()
    with pytest.raises(Forbidden):
        await admin.rename_shop(await whom((await add_person(role)).email), {"name": "Mine"})
