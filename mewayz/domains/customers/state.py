"""What the pages of customers hold: the list, the form, one customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx
from typing_extensions import override

from mewayz.backend.query import Page, Query
from mewayz.domains.customers.addresses import is_blank
from mewayz.domains.customers.countries import country_names
from mewayz.domains.customers.duplicates import duplicates
from mewayz.domains.customers.merging import merges
from mewayz.domains.customers.model import SEGMENTS, CustomerStatus
from mewayz.domains.customers.segments import segments
from mewayz.domains.customers.service import Spent, customers
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.form_state import FormState
from mewayz.ui.guard import guarded
from mewayz.ui.notice import say
from mewayz.ui.record_state import RecordState, address_text, text
from mewayz.ui.table_state import Address, Option, TableState
from mewayz.ui.words import Locale, sentence, tone

COUNTRIES = tuple((name, name) for name in country_names())
REASONS = {"email": "same mailbox", "phone": "same phone number", "name": "same name and country"}
PROFILE = (
    Field("name", "Name", required=True),
    Field("email", "E-mail", "email", half=True),
    Field("phone", "Phone", "tel", help="Without +, it is read as one of the country below.", half=True),
    Field("company", "Company", half=True),
    Field("reference", "Reference", help="Your own number for them. No two customers share one.", half=True),
    Field("marketingConsent", "Agreed to receive marketing by e-mail", "checkbox"),
)
POSTAL = (
    Field("address.name", "Name on the address"),
    Field("address.line1", "Street and number"),
    Field("address.line2", "More of the address"),
    Field("address.postalCode", "Postal code", half=True),
    Field("address.city", "City", half=True),
    Field("address.region", "Region", half=True),
    Field("address.country", "Country", "suggest", options=COUNTRIES, half=True),
)
RELATION = (
    Field(
        "status", "Status", "select", options=tuple((one.value, sentence(one.value)) for one in CustomerStatus), required=True, half=True
    ),
    Field("source", "Source", help="Where they came from.", half=True),
    Field("tags", "Tags", "tags", help="Separate with commas."),
    Field("notes", "About", "textarea", help="What everybody should know. What happens goes on the timeline of notes."),
)


class CustomerTable(TableState, rx.State):
    """The list of customers."""

    service: ClassVar[Any] = customers
    path: ClassVar[str] = "/customers"
    editable: ClassVar[Sequence[str]] = ("status",)
    bulk_fields: ClassVar[Sequence[str]] = ("status",)
    bulk_delete: ClassVar[bool] = True
    saving_segment: bool = False

    @override
    async def _show(self, query: Query, page: Page, address: Address) -> None:
        await super()._show(query, page, address)
        self.saving_segment = False
        now = query.filters.get("segment")
        for one in await segments.visible(actor()):
            chosen = one.slug == now
            self.options["segment"].append(Option(one.name, address.to(segment=None if chosen else one.slug), chosen=chosen))

    @override
    async def _chip(self, name: str, value: Any) -> str | None:
        if name != "segment" or value in SEGMENTS:
            return None
        found = next((one.name for one in await segments.visible(actor()) if one.slug == value), value)
        return f"Segment is {found}"

    @on("customers:update")
    async def ask_segment(self, shown: bool) -> None:
        """Open or close the box that asks for a name."""
        self.saving_segment, self.field_errors = shown, {}

    @on("customers:update")
    async def save_segment(self, form: dict[str, Any]) -> Any:
        """Save the filters of the address under a name, and show the list by that name."""
        raw = dict(self.router.url.query_parameters)
        error, error_id, made = self.error, self.error_id, None
        async with guarded(self):
            data = {"name": str(form.get("name", ""))[:100], "query": urlencode(raw), "shared": form.get("shared") in (True, "on", "true")}
            made = await segments.create(actor(), data)
        if made is None:
            # The list itself has not failed: what went wrong stands in the box.
            reason = self.field_errors.get("name") or self.field_errors.get("query") or self.error
            self.field_errors, self.error, self.error_id = {"segment": reason}, error, error_id
            return None
        self.saving_segment = False
        await say(self, f"Segment “{made.name}” saved.")
        return rx.redirect(f"{self.path}?segment={made.slug}")


class CustomerForm(FormState, rx.State):
    """A customer to create or to change."""

    service: ClassVar[Any] = customers
    path: ClassVar[str] = "/customers"
    fields: ClassVar[Sequence[Field]] = (*PROFILE, *POSTAL, *RELATION)

    @override
    async def _fill(self, record: Mapping[str, Any]) -> None:
        self.occurring = await customers.values(actor(), "country")
        await super()._fill(record)

    @override
    def _blank(self) -> dict[str, Any]:
        return {"status": CustomerStatus.CUSTOMER.value}


@dataclass
class Tile:
    """A figure of the customer."""

    label: str
    value: str
    more: str = ""


@dataclass
class AddressCard:
    """One address, as texts."""

    index: int
    label: str
    text: str
    shipping: bool
    billing: bool


@dataclass
class Similar:
    """Somebody who may be the same customer."""

    id: str
    name: str
    why: str


@dataclass
class Undoable:
    """A merge that can be undone."""

    id: str
    words: str


class CustomerRecord(RecordState, rx.State):
    """A customer to look at."""

    service: ClassVar[Any] = customers
    status: str = ""
    tone: str = ""
    tags: list[Option] = []  # noqa: RUF012 (Reflex copies defaults per client)
    tiles: list[Tile] = []  # noqa: RUF012
    addresses: list[AddressCard] = []  # noqa: RUF012
    similar: list[Similar] = []  # noqa: RUF012
    undoable: list[Undoable] = []  # noqa: RUF012

    @override
    async def _show(self, record: dict[str, Any], words: Locale) -> None:
        self.title = record["name"]
        self.status, self.tone = sentence(record["status"]), tone(record["status"])
        self.tags = [Option(tag, Address("/customers").to(tag=tag)) for tag in record["tags"]]
        self.tiles = _tiles(record, await customers.spending(actor(), record["id"]), words)
        self.addresses = [
            AddressCard(index, one["label"], address_text(one), one["defaultShipping"], one["defaultBilling"])
            for index, one in enumerate(record["addresses"])
            if not is_blank(one)
        ]
        first, last, consent = record["firstOrderAt"], record["lastOrderAt"], record["marketingConsentAt"]
        self.values = {
            "reference": text(record["reference"]),
            "email": text(record["email"]),
            "phone": text(record["phone"]),
            "company": text(record["company"]),
            "country": text(record["country"]),
            "address": address_text(record["address"]),
            "source": text(record["source"]),
            "consent": f"Yes, since {words.date(consent)}" if record["marketingConsent"] and consent else "No",
            "notes": record["notes"],
            "orders": words.number(record["ordersCount"]),
            "spent": words.money(record["totalSpent"]),
            "returned": words.money(record["totalReturned"]),
            "first": words.exact(first) if first else text(None),
            "last": words.exact(last) if last else text(None),
            "created": words.exact(record["createdAt"]),
        }
        found = await duplicates.of(actor(), record["id"])
        self.similar = [
            Similar(one["customer"]["id"], one["customer"]["name"], " and ".join(REASONS[reason] for reason in one["reasons"]))
            for one in found[:5]
        ]
        self.undoable = [
            Undoable(one["id"], f"{one['from']['name']} was merged into this customer {words.ago(one['at'])} by {one['by']}.")
            for one in await merges.recent(actor(), record["id"])
        ]


def _tiles(record: dict[str, Any], spending: Sequence[Spent], words: Locale) -> list[Tile]:
    spent, returned, count = Decimal(record["totalSpent"]), Decimal(record["totalReturned"]), record["ordersCount"]
    others = [one for one in spending if one.currency != words.currency]
    told = [f"{words.money(spent)} spent, {words.money(returned)} returned"]
    told += [f"besides {replace(words, currency=one.currency).money(one.spent - one.returned)}" for one in others]
    here = count - sum(one.orders for one in others)
    last, first = record["lastOrderAt"], record["firstOrderAt"]
    average = (spent / here).quantize(Decimal("0.01")) if here else None
    return [
        Tile("Lifetime value", words.money(spent - returned), ", ".join(told)),
        Tile("Orders", words.number(count), f"since {words.date(first)}" if first else "none yet"),
        Tile(
            "Average order",
            words.money(average) if average is not None else text(None),
            f"spent per order in {words.currency}" if others else "spent per order",
        ),
        Tile("Last order", words.date(last) if last else text(None), words.exact(last).partition(", ")[2] if last else "none yet"),
    ]
