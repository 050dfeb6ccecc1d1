"""What the page of administration holds of the seller, as invoices name it."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from mewayz.backend.shop import shop
from mewayz.domains.admin.service import admin
from mewayz.ui.events import actor, on
from mewayz.ui.form_state import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say

FIELDS = (
    Field("seller.name", "Name of the company", help="Without one, invoices say the name of the shop.", autocomplete="organization"),
    Field("seller.address", "Address", "textarea", help="As it is printed, line by line.", autocomplete="street-address"),
    Field("seller.number", "VAT or company number", help="With what it is: VAT GB 123 4567 89."),
)


def _key(field: Field) -> str:
    return field.name.partition(".")[2]


class SellerSettings(Guarded, rx.State):
    """Who sells."""

    saving: bool = False
    visit: int = 0
    values: dict[str, str] = dict.fromkeys((field.name for field in FIELDS), "")

    @on("admin:read")
    async def load(self) -> None:
        """Show the seller as it is."""
        async with guarded(self):
            self._show((await shop()).seller)
            self.visit += 1
            self.saving = False

    @on("admin:update")
    async def save(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Say who sells."""
        clear(self)
        self.saving = True
        yield
        async with guarded(self):
            sent = {_key(field): str(form.get(field.name, "")) for field in FIELDS}
            self._show((await admin.describe_seller(actor(), sent)).seller)
            await say(self, "Invoices name the seller like this now.")
        # The shop has a name too, on the same page.
        self.field_errors = {f"seller.{name}": told for name, told in self.field_errors.items()}
        self.saving = False
        yield next((rx.set_focus(field.id) for field in FIELDS if field.name in self.field_errors), None)

    def _show(self, seller: dict[str, str]) -> None:
        self.values = {field.name: seller.get(_key(field), "") for field in FIELDS}
