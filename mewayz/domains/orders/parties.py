"""The products and customers that historical orders name: found by what the file calls them, or made."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mewayz.backend import batches, money
from mewayz.backend.access import Actor, check
from mewayz.backend.amounts import counted
from mewayz.backend.batches import CREATED, Touched
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.products import skus
from mewayz.domains.products.ledger import Item
from mewayz.domains.products.model import Product, products_collection

if TYPE_CHECKING:
    from mewayz.domains.orders.drafts import Draft

_MOST_KNOWN = 200_000
_GUEST = "Guest"


class Goods(NamedTuple):
    """What a line says about its product."""

    product_id: str
    sku: str
    name: str
    category: str


def _spellings(sku: str) -> tuple[str, ...]:
    """How the SKU of a product may be spelled that a file calls so, the likeliest first."""
    return tuple(dict.fromkeys((sku, sku.upper(), sku.lower()))) if sku else ()


class Buyer(NamedTuple):
    """What an order says about its customer."""

    id: str
    reference: str
    email: str
    name: str

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Column and value by which the customer may be known, the surest first."""
        return [(name, value) for name, value in zip(("id", "reference", "email"), self[:3], strict=True) if value]


class Parties:
    """What is known so far, and what one import has made."""

    def __init__(self, actor: Actor, currency: str) -> None:
        """Start with nothing."""
        self._actor = actor
        self._currency = currency
        self._products: dict[tuple[str, str], Item] = {}
        self._known: dict[Goods, tuple[Item | None, str]] = {}
        self._customers: dict[tuple[str, str], tuple[str, str]] = {}
        self.made_products = 0
        self.made_customers = 0

    async def find(self, drafts: "Sequence[Draft]") -> tuple[list[Product], list[Customer]]:
        """Look up what these orders name, and make what is not there; whoever writes them adds it first."""
        if len(self._products) + len(self._customers) > _MOST_KNOWN:
            self._products.clear()
            self._known.clear()
            self._customers.clear()
        return await self._find_products(drafts), await self._find_customers(drafts)

    def forget(self, products: Sequence[Product], customers: Sequence[Customer]) -> None:
        """Know nothing any more: some of it has changed, and these were not written."""
        self.made_products -= len(products)
        self.made_customers -= len(customers)
        self._products.clear()
        self._known.clear()
        self._customers.clear()

    async def _find_products(self, drafts: "Sequence[Draft]") -> list[Product]:
        wanted = {goods for draft in drafts for goods, _, _ in draft.lines} - self._known.keys()
        ids = {one.product_id for one in wanted if one.product_id and ("id", one.product_id) not in self._products}
        for product in await products_collection.find_in("id", ids):
            self._products["id", product.id] = Item(product.id)
        names = {name for one in wanted for name in _spellings(one.sku) if ("sku", name) not in self._products}
        self._products |= {("sku", sku): Item(*found) for sku, found in (await skus.find(names)).items()}
        made: list[Product] = []
        missing = {goods for goods in wanted if goods.sku and self._item_of(goods) is None}
        # The price of the first sale; of what only came back, the price of that.
        for draft in sorted(drafts, key=lambda one: one.kind == "return") if missing else ():
            for goods, _, price in draft.lines:
                if goods not in missing:
                    continue
                sku = self._spelling(goods.sku)
                if ("sku", sku) in self._products:
                    continue
                product = Product(
                    name=goods.name or sku, sku=sku, price=money.from_units(max(price, 0)), category=goods.category,
                    currency=draft.head.get("currency") or self._currency, creator_id=self._actor.id, track_inventory=False,
                )  # fmt: skip
                self._products["sku", sku] = Item(product.id)
                made.append(product)
        self._known |= {goods: (self._item_of(goods), self._spelling(goods.sku)) for goods in wanted}
        if made:
            check(self._actor, "products:create")
        self.made_products += len(made)
        return made

    async def _find_customers(self, drafts: "Sequence[Draft]") -> list[Customer]:
        wanted = {key for draft in drafts for key in draft.buyer.keys if key not in self._customers}
        for column in ("id", "reference", "email"):
            for customer in await customers_collection.find_in(column, [value for name, value in wanted if name == column]):
                self._customers[column, getattr(customer, column)] = (customer.id, customer.name)
        made: list[Customer] = []
        for draft in drafts:
            buyer = draft.buyer
            known = [key for key in buyer.keys if key in self._customers]
            if known or not (buyer.reference or buyer.email):
                continue
            name = buyer.name or (f"Customer {buyer.reference}" if buyer.reference else buyer.email.partition("@")[0])
            country = draft.head.get("country") or ""
            customer = Customer(
                name=name, reference=buyer.reference or None, email=buyer.email or None, country=country,
                address={"name": name, "country": country},
            )  # fmt: skip
            for key in buyer.keys:
                if key[0] != "id":
                    self._customers[key] = (customer.id, customer.name)
            made.append(customer)
        if made:
            check(self._actor, "customers:create")
        self.made_customers += len(made)
        return made

    def product(self, goods: Goods) -> Item | None:
        """The product of a line, and its variant where the SKU names one; None where it names none."""
        return self._known[goods][0]

    def sku(self, goods: Goods) -> str:
        """The SKU of a line, spelled as that of its product; one of no product in capitals, because files are careless about them."""
        return self._known[goods][1]

    def _spelling(self, sku: str) -> str:
        return next((name for name in _spellings(sku) if ("sku", name) in self._products), sku.upper())

    def _item_of(self, goods: Goods) -> Item | None:
        named, known = self._products.get(("sku", self._spelling(goods.sku))), self._products.get(("id", goods.product_id))
        # The SKU may say which variant of the product it is.
        return known if known and not (named and named.product_id == known.product_id) else named

    def customer(self, buyer: Buyer) -> tuple[str | None, str]:
        """Id and name of the customer; without an id, a guest."""
        for key in buyer.keys:
            if key in self._customers:
                return self._customers[key]
        return None, buyer.name or _GUEST

    @staticmethod
    async def add(batch_id: str, products: Sequence[Product], customers: Sequence[Customer]) -> None:
        """Write what was made, in the caller's unit."""
        async with unit():
            # In an order that others follow too: who adds the same waits, but not in a circle.
            await products_collection.add_many(sorted(products, key=lambda one: one.sku or ""))
            await customers_collection.add_many(sorted(customers, key=lambda one: (one.reference or "", one.email or "")))
            await batches.note(batch_id, [*_touched("products", products), *_touched("customers", customers)])

    def notes(self, *, dry_run: bool) -> list[str]:
        """What was made, in words."""
        made = {"product": self.made_products, "customer": self.made_customers}
        words = [f"{counted(count)} {noun}{'s' if count > 1 else ''}" for noun, count in made.items() if count]
        if not words:
            return []
        verb = "would be made" if dry_run else "were made"
        return [f"{' and '.join(words)} that the orders name {verb}; the stock of such products is not tracked."]


def _touched(noun: str, documents: Iterable[Any]) -> list[Touched]:
    return [Touched(noun, document.id, CREATED, document.rev, {}) for document in documents]
