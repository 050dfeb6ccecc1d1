"""Who buys, in the form of an order, and where it goes: what was typed of an address, and what the customer has."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import reflex as rx

from mewayz.domains.orders.order_form_fields import (
    BILLING_TO,
    BUYER_SEARCH,
    LOOKING,
    SHIPPING_TO,
    Found,
    address_fields,
    fits,
    flat,
    typed_of,
)
from mewayz.domains.orders.service import orders
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, beside
from mewayz.ui.record_state import address_text

_MAX_TYPED = 1000  # of one control; the longest that is taken is shorter


class FormBuyer(Guarded, mixin=True):
    """The customer of an order that is being entered, and its addresses.

    Attributes:
        values: what the controls start with.
        offered: the customer's address in words, where another one was typed.
        countries: those that occur in the shop, to be offered while typing.
    """

    buyers: list[Found] = []  # noqa: RUF012 (Reflex copies defaults per client)
    buyers_told: str = ""
    buyer: Found = Found("", "", "", "")
    offered: str = ""
    values: dict[str, str] = {}  # noqa: RUF012
    countries: list[str] = []  # noqa: RUF012
    own_billing: bool = False
    address_visit: int = 0
    _filled: dict[str, str] = {}  # noqa: RUF012
    _offer: dict[str, str] = {}  # noqa: RUF012

    @on("orders:create", supersedes=True)
    async def find_buyers(self, text: str) -> AsyncIterator[None]:
        """Search customers while typing."""
        self.buyers_told = LOOKING if text.strip() and not self.buyers else ""
        yield
        async with beside(self):
            found = await orders.buyers(actor(), text) if text.strip() else []
            self.buyers = [Found(row["id"], row["name"], row["email"] or "", row["country"]) for row in found]
        self.buyers_told = "" if self.buyers or not text.strip() else "No customer matches."

    @on("orders:create")
    async def sell_to(self, customer_id: str, form: dict[str, Any]) -> Any:
        """Choose who buys; nobody is a guest. `form` is what the controls hold.

        Their address goes where nothing was typed, and fits what was; else it is offered.
        """
        self.buyers, self.buyers_told = [], ""
        async with beside(self):
            self.buyer, self.offered, self._offer = Found("", "", "", ""), "", {}
            address: dict[str, str] = {}
            if customer_id:
                one = await orders.buyer(actor(), customer_id)
                self.buyer = Found(one.id, one.name, one.email or "", address_text(one.address))
                address = flat(SHIPPING_TO, one.address)
            self._keep(form)
            typed = typed_of(self.values, self._filled)
            if fits(typed, address):
                self._fill_in({**address, **typed})
            else:
                self._fill_in(typed)
                self._offer, self.offered = address, self.buyer.extra
        return None if customer_id else rx.set_focus(BUYER_SEARCH)

    @on("orders:create")
    async def take_address(self, form: dict[str, Any]) -> None:
        """Ship to the address that is offered, in place of what was typed."""
        self._keep(form)
        if self._offer:
            self._fill_in(self._offer)
        self.offered, self._offer = "", {}

    @on("orders:create")
    async def bill_elsewhere(self, checked: bool) -> None:
        """The billing address is another one, or the same."""
        self.own_billing = bool(checked)

    def _keep(self, form: Mapping[str, Any]) -> None:
        """Take over what the controls of both addresses hold: they are drawn anew."""
        names = [item.name for kind in (SHIPPING_TO, BILLING_TO) for item in address_fields(kind)]
        self.values = {**self.values, **{name: str(form[name])[:_MAX_TYPED] for name in names if name in form}}
        self.address_visit += 1

    def _fill_in(self, address: Mapping[str, str]) -> None:
        """Put an address into the controls, and remember what of it the customer's own is."""
        before = {name: self.values.get(name, "") for name in flat(SHIPPING_TO, {})}
        typed = typed_of(before, self._filled)
        now = {**flat(SHIPPING_TO, {}), **address}
        self._filled = {name: value for name, value in now.items() if value and typed.get(name) != value}
        self.values = {**self.values, **now}
