"""What the pages hold of a product's stock: the numbers, the ledger, and a change by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.access import can
from mewayz.backend.crud import read_query
from mewayz.domains.products.ledger import MOVES, MoveReason, ReasonByHand
from mewayz.domains.products.model import Product
from mewayz.domains.products.pictures import address
from mewayz.domains.products.service import products
from mewayz.domains.products.variants import Variant, title_of
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.news import follow, unfollow
from mewayz.ui.notice import say
from mewayz.ui.record_state import text
from mewayz.ui.words import Locale, locale, sentence

DELTA = Field("delta", "Change", "number", help="What came, such as 12, or went, such as -3.", required=True)
REASON = Field("reason", "Reason", "select", options=tuple((reason.value, sentence(reason)) for reason in ReasonByHand), required=True)
NOTE = Field("note", "Note", help="Shown in the ledger, such as the number of a delivery note.")
FIELDS = (DELTA, REASON, NOTE)
_LATEST, _ALL = 20, 50


@dataclass
class OnShelf:
    """A variant in words; what is reserved is for who may see the stock."""

    id: str
    title: str
    sku: str
    price: str
    stock: str
    reserved: str
    compare: str = ""
    cost: str = ""
    barcode: str = ""
    picture: str = ""


@dataclass
class Move:
    """A line of the ledger in words."""

    id: str
    what: str
    variant: str
    delta: str
    balance: str
    note: str
    who: str
    order: str
    when: str
    exact: str


class StockLedger(Guarded, rx.State):
    """The stock of the product that the address names, and its ledger: the latest entries, or on a page of its own all of them."""

    loaded: bool = False
    product_id: str = ""
    title: str = ""
    stock: str = ""
    reserved: str = ""
    on_hand: str = ""
    rows: list[Move] = []  # noqa: RUF012 (Reflex copies defaults per client)
    variants: list[OnShelf] = []  # noqa: RUF012
    chosen: str = ""
    chosen_title: str = ""
    total: str = ""
    more: bool = False
    newer: str = ""
    older: str = ""
    asking: bool = False
    saving: bool = False
    visit: int = 0

    @on("products:read")
    async def load(self) -> None:
        """Read it, for who may; the variants are for everybody."""
        self.asking, self.saving = False, False
        async with guarded(self):
            await self._read()
        if can(actor(), "stock:read"):
            follow(self, StockLedger.look, "products")

    @on("stock:read", supersedes=True)
    async def look(self) -> None:
        """Others have sold or received something: show it, unless a change is being entered here."""
        parts = [part for part in self.router.url.path.split("/") if part]
        if parts[:2] != ["products", self.product_id]:
            unfollow(self)
        elif not self.asking:
            async with guarded(self):
                await self._read()

    @on("stock:update")
    async def ask(self, asking: bool) -> None:
        """Open the form anew, or close it."""
        await self._ask(asking, "")

    @on("stock:update")
    async def ask_for(self, variant_id: str) -> None:
        """Open the form for a variant."""
        await self._ask(True, variant_id)

    async def _ask(self, asking: bool, variant_id: str) -> None:
        self.asking = asking
        if asking:
            self.chosen = variant_id
            self.chosen_title = next((one.title for one in self.variants if one.id == variant_id), "")
        clear(self)
        self.visit += 1

    @on("stock:update")
    async def adjust(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Change the stock as the form says."""
        clear(self)
        self.saving = True
        yield
        async with guarded(self):
            entered = {field.name: str(form.get(field.name) or "") for field in FIELDS}
            await products.adjust(actor(), self.product_id, {**entered, "variantId": self.chosen})
            await say(self, "Stock adjusted.")
            self.asking = False
            await self._read()
        self.saving = False
        first = next((field for field in FIELDS if field.name in self.field_errors), None)
        yield rx.set_focus(first.id) if first else None

    async def _read(self) -> None:
        parts = [part for part in self.router.url.path.split("/") if part]
        asked, whole = parts[1], parts[-1] == "stock"
        if asked != self.product_id:
            self.loaded, self.rows = False, []
        page = self.router.url.query_parameters.get("page", "") if whole else ""
        product = await products.get(actor(), asked)
        words = await locale()
        self.product_id, self.title = product.id, product.name
        self.variants = [_on_shelf(one, product, words.of(product.currency)) for one in product.variants]
        if not can(actor(), "stock:read"):
            self.loaded = True
            return
        query = await read_query(MOVES, {"page": page}, limit=_ALL if whole else _LATEST)
        found, standing = await products.moves(actor(), asked, query)
        self.stock, self.reserved, self.on_hand = map(words.number, (standing.stock, standing.reserved, standing.on_hand))
        self.rows = [_move(row, words) for row in found.rows]
        self.total = words.number(found.total) + ("" if found.total_is_exact else "+")
        here = f"/products/{product.id}/stock"
        self.more = found.has_next
        self.newer = f"{here}?page={found.page - 1}" if found.page > 1 else ""
        self.older = f"{here}?page={found.page + 1}" if found.has_next else ""
        self.loaded = True


_WORDS = {MoveReason.SALE: "Sold", MoveReason.RETURN: "Returned", MoveReason.RECEIPT: "Received", MoveReason.CORRECTION: "Corrected"}


def _what(row: dict[str, Any]) -> str:
    if row["reason"] == MoveReason.RESERVATION:
        return "Reserved" if row["delta"] < 0 else "Freed"
    return _WORDS[MoveReason(row["reason"])]


def _on_shelf(variant: Variant, product: Product, words: Locale) -> OnShelf:
    stock = words.number(variant["stock"]) if product.track_inventory else "Not tracked"
    price = words.money(variant["price"] or product.price)
    former = variant["compareAtPrice"]
    image = variant["imageId"]
    return OnShelf(
        variant["id"],
        title_of(variant),
        variant["sku"] or "",
        price,
        stock,
        words.number(variant["reserved"]),
        compare=words.money(former) if former else "",
        cost=f"Cost {words.money(variant['cost'])}" if variant["cost"] else "",
        barcode=variant["barcode"],
        picture=address(product.id, image, "small") if image else "",
    )


def _move(row: dict[str, Any], words: Locale) -> Move:
    sign = "+" if row["delta"] > 0 else "−"
    return Move(
        id=row["id"],
        what=_what(row),
        variant=row["variant"],
        delta=f"{sign}{words.number(abs(row['delta']))}",
        balance=words.number(row["balance"]),
        note=row["note"],
        who=text(row["actorName"]),
        order=f"/orders/{row['orderId']}" if row["orderId"] else "",
        when=words.ago(row["at"]),
        exact=words.exact(row["at"]),
    )
