"""What the page of administration holds of the shop: what it is called, and who sells on its invoices."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

import reflex as rx
from typing_extensions import override

from mewayz.backend import clock
from mewayz.backend.regions import regions
from mewayz.backend.shop import Shop, shop
from mewayz.domains.admin.service import admin
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.places import ShellState
from mewayz.ui.words import Locale

_SAMPLE = "1204.5"

SHOP = (
    Field("name", "Name", required=True, help="Customers read it in mails and on invoices.", autocomplete="organization"),
    Field("region", "Numbers and dates as in", "select", options=tuple(regions().items()), required=True),
)
# The shop has a name too, on the same page.
SELLER = (
    Field("seller.name", "Name of the company", help="Without one, invoices say the name of the shop.", autocomplete="organization"),
    Field("seller.address", "Address", "textarea", help="As it is printed, line by line.", autocomplete="street-address"),
    Field("seller.number", "VAT or company number", help="With what it is: VAT GB 123 4567 89."),
)


def _key(field: Field) -> str:
    return field.name.rpartition(".")[2]


class ShopForm(Guarded, mixin=True):
    """A form over a part of the shop, on a page with others."""

    fields: ClassVar[Sequence[Field]]
    done: ClassVar[str]

    saving: bool = False
    visit: int = 0
    values: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults per client)

    @on("admin:read")
    async def load(self) -> None:
        """Show what there is."""
        async with guarded(self):
            self._show(await shop())
            self.visit += 1
            self.saving = False

    @on("admin:update")
    async def save(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Save what was entered, and show it."""
        clear(self)
        self.saving = True
        yield
        async with guarded(self):
            self._show(await self._save({_key(field): str(form.get(field.name, "")) for field in self.fields}))
            await say(self, self.done)
        names = {_key(field): field.name for field in self.fields}
        self.field_errors = {names.get(name, name): told for name, told in self.field_errors.items()}
        self.saving = False
        yield next((rx.set_focus(field.id) for field in self.fields if field.name in self.field_errors), None)

    def _show(self, found: Shop) -> None:
        said = self._said(found)
        self.values = {field.name: said.get(_key(field), "") for field in self.fields}

    @abstractmethod
    def _said(self, found: Shop) -> Mapping[str, str]:
        """What the shop says of the fields."""

    @abstractmethod
    async def _save(self, sent: Mapping[str, str]) -> Shop:
        """Save the fields."""


class ShopSettings(ShopForm, rx.State):
    """What the shop is called, and what has been decided at set-up."""

    fields: ClassVar = SHOP
    done: ClassVar = "Shop saved."

    values: dict[str, str] = {"name": "", "region": ""}  # noqa: RUF012
    currency: str = ""
    timezone: str = ""
    sample: str = ""

    @override
    def _show(self, found: Shop) -> None:
        super()._show(found)
        self.currency, self.timezone = found.currency, found.timezone
        words = Locale(found.currency, found.zone, found.language)
        self.sample = f"{words.money(_SAMPLE)} on {words.date(clock.now())}"

    @override
    def _said(self, found: Shop) -> Mapping[str, str]:
        return {"name": found.name, "region": found.region}

    @override
    async def _save(self, sent: Mapping[str, str]) -> Shop:
        found = await admin.describe_shop(actor(), sent)
        (await self.get_state(ShellState)).shop = found.name
        return found


class SellerSettings(ShopForm, rx.State):
    """Who sells."""

    fields: ClassVar = SELLER
    done: ClassVar = "Invoices name the seller like this now."

    values: dict[str, str] = dict.fromkeys((field.name for field in SELLER), "")

    @override
    def _said(self, found: Shop) -> Mapping[str, str]:
        return found.seller

    @override
    async def _save(self, sent: Mapping[str, str]) -> Shop:
        return await admin.describe_seller(actor(), sent)
