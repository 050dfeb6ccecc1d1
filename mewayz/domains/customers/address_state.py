"""The addresses of the customer on the page: added, changed, made a default, removed."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import reflex as rx

from mewayz.domains.customers.service import customers
from mewayz.domains.customers.state import COUNTRIES, CustomerRecord
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say

FIELDS = (
    Field("label", "Label", help="What you call it: Home, Warehouse."),
    Field("name", "Name on the address"),
    Field("line1", "Street and number"),
    Field("line2", "More of the address"),
    Field("postalCode", "Postal code", half=True),
    Field("city", "City", half=True),
    Field("region", "Region", half=True),
    Field("country", "Country", "suggest", options=COUNTRIES, half=True),
    Field("defaultShipping", "Ship here unless told otherwise", "checkbox"),
    Field("defaultBilling", "Send invoices here unless told otherwise", "checkbox"),
)
_DEFAULTS = ("defaultShipping", "defaultBilling")


class CustomerAddresses(Guarded, rx.State):
    """The dialog of one address. `index` is its place in the list; −1 is a new one."""

    fields: ClassVar[tuple[Field, ...]] = FIELDS
    shown: bool = False
    saving: bool = False
    index: int = -1
    visit: int = 0
    values: dict[str, Any] = {}  # noqa: RUF012 (Reflex copies defaults per client)
    occurring: list[str] = []  # noqa: RUF012
    _rev: int = 0

    @on("customers:read")
    async def close(self) -> None:
        """At each visit: a dialog that was left open does not come back."""
        self.shown, self.error = False, ""

    @on("customers:update")
    async def show(self, shown: bool) -> None:
        """Open or close the dialog."""
        self.shown = shown

    @on("customers:update")
    async def edit(self, index: int) -> None:
        """Open the dialog with an address, or with an empty one."""
        async with guarded(self):
            record = await customers.get(actor(), await self._customer())
            known = record.addresses[index] if 0 <= index < len(record.addresses) else {}
            self.index, self._rev = (index if known else -1), record.rev
            first = not record.addresses
            self.values = {one.name: known.get(one.name, first if one.name in _DEFAULTS else "") for one in FIELDS}
            self.occurring = await customers.values(actor(), "country")
            self.visit += 1
            self.shown = True

    @on("customers:update")
    async def save(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Put the address into the list."""
        clear(self)
        self.saving = True
        yield
        one: dict[str, Any] = {item.name: str(form.get(item.name) or "")[:500] for item in FIELDS if item.name not in _DEFAULTS}
        one |= {name: form.get(name) in (True, "on", "true") for name in _DEFAULTS}
        done = await self._store(one)
        self.saving = False
        if done:
            yield CustomerRecord.open

    @on("customers:update")
    async def remove(self) -> AsyncIterator[Any]:
        """Take the address off the list."""
        if await self._store(None):
            yield CustomerRecord.open

    async def _store(self, one: dict[str, Any] | None) -> bool:
        async with guarded(self):
            customer_id = await self._customer()
            record = await customers.get(actor(), customer_id)
            found = list(record.addresses)
            at = self.index if 0 <= self.index < len(found) else len(found)
            if one:
                # A default moves: the address that had it gives it up.
                found = [{**old, **{name: old[name] and not one[name] for name in _DEFAULTS}} for old in found]
            found[at : at + 1] = [one] if one else []
            await customers.update(actor(), customer_id, {"addresses": found}, self._rev)
            self.shown = False
            await say(self, "Address saved." if one else "Address removed.")
            return True
        self.field_errors = {name.rpartition(".")[2]: words for name, words in self.field_errors.items()}
        return False

    async def _customer(self) -> str:
        return (await self.get_state(CustomerRecord)).record_id
