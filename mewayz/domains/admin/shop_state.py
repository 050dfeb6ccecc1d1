"""What the page of administration holds of the shop itself."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from mewayz.backend.shop import shop
from mewayz.domains.admin.service import admin
from mewayz.ui.events import actor, on
from mewayz.ui.form_state import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.places import ShellState

SHOP_NAME = Field("name", "Name", required=True, help="Customers read it in mails and on invoices.", autocomplete="organization")


class ShopSettings(Guarded, rx.State):
    """What the shop is called, and what has been decided at set-up."""

    loaded: bool = False
    saving: bool = False
    visit: int = 0
    name: str = ""
    currency: str = ""
    timezone: str = ""

    @on("admin:read")
    async def load(self) -> None:
        """Show the shop as it is."""
        async with guarded(self):
            found = await shop()
            self.name, self.currency, self.timezone = found.name, found.currency, found.timezone
            self.visit += 1
            self.saving, self.loaded = False, True

    @on("admin:update")
    async def save(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Give the shop another name."""
        clear(self)
        self.saving = True
        yield
        async with guarded(self):
            self.name = (await admin.rename_shop(actor(), {"name": str(form.get("name", ""))})).name
            (await self.get_state(ShellState)).shop = self.name
            await say(self, "Shop renamed.")
        self.saving = False
        yield rx.set_focus(SHOP_NAME.id) if self.field_errors else None
