"""The verbs of products."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import bindparam, select, update
from typing_extensions import override

from mewayz.backend import clock
from mewayz.backend.access import Actor, allow, can
from mewayz.backend.crud import CrudService
from mewayz.backend.documents import Restriction, wire
from mewayz.backend.errors import Conflict
from mewayz.backend.listing import Page, Query
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.products.model import PRODUCTS, Product, ProductCreate, ProductStatus, ProductUpdate, products_collection

_table = products_collection.table
_TAKE = (
    update(_table)
    .where(
        _table.c.id == bindparam("id_"),
        (_table.c.stock >= bindparam("pieces")) | ~_table.c.track_inventory | _table.c.allow_backorders,
    )
    .values(stock=_table.c.stock - bindparam("pieces"), rev=_table.c.rev + 1, updated_at=bindparam("at"))
)


_LOW = (
    select(*_table.columns)
    .where(_table.c.track_inventory, _table.c.stock <= _table.c.low_stock_threshold, _table.c.status == ProductStatus.PUBLISHED.value)
    .order_by(_table.c.stock, _table.c.id)
    .limit(bindparam("limit"))
)


class OutOfStock(Conflict):
    """There are not enough pieces, and backorders are not allowed."""

    code = "products.out_of_stock"


class Ordered(Conflict):
    """Orders name the product."""

    code = "products.ordered"
    default_message = "Orders name this product."


class Products(CrudService[Product]):
    """The catalogue."""

    noun: ClassVar[str] = "products"
    singular: ClassVar[str] = "product"
    identified_by: ClassVar[Mapping[str, Callable[[str], str]]] = {"sku": str.strip}
    collection = products_collection
    spec = PRODUCTS
    create_payload = ProductCreate
    update_payload = ProductUpdate

    @override
    async def _build(self, actor: Actor, payload: ProductCreate) -> Product:
        fields = payload.model_dump(exclude={"inventory"})
        fields["currency"] = payload.currency or (await shop()).currency
        return Product(**fields, **payload.inventory.model_dump(), creator_id=actor.id)

    kept_by: ClassVar[list[Callable[[str], Awaitable[bool]]]] = []
    """Rooms that name products add their question: does this one have to stay when its import is taken back?"""

    @override
    async def _withdraw(self, actor: Actor, documents: Sequence[Product]) -> None:
        for document in documents:
            for keeps in self.kept_by:
                if await keeps(document.id):
                    raise Ordered
        await super()._withdraw(actor, documents)

    @override
    def _restriction(self, actor: Actor, verb: str) -> Restriction:
        """Who may not change the catalogue sees what is published."""
        found = super()._restriction(actor, verb)
        if verb == "read" and not can(actor, "products:update"):
            return {**found, "status": ProductStatus.PUBLISHED.value}
        return found

    @allow("read")
    @override
    async def page(self, actor: Actor, query: Query) -> Page:
        """One page of the catalogue; what a piece costs the shop is for those who may change it."""
        page = await super().page(actor, query)
        if not can(actor, "products:update"):
            for row in page.rows:
                if "cost" in row:
                    row["cost"] = None
        return page

    @allow("read")
    @override
    async def get(self, actor: Actor, document_id: str) -> Product:
        """One product; what a piece costs the shop is for those who may change it."""
        product = await super().get(actor, document_id)
        if not can(actor, "products:update"):
            product.cost = None
        return product

    @allow("read")
    async def low(self, actor: Actor, limit: int = 5) -> list[dict[str, Any]]:
        """Published products at or below their threshold, the emptiest first."""
        rows = await current().database.fetch(_LOW, {"limit": limit})
        return [wire(self.collection.build(row)) for row in rows]

    @allow("read")
    async def find_many(self, actor: Actor, ids: Sequence[str]) -> dict[str, Product]:
        """Products by id; unknown ids are left out."""
        return await self.collection.find_ids(ids)

    @allow("orders:create")
    async def take(self, actor: Actor, pieces: Mapping[str, int]) -> None:
        """Take pieces from stock, product by product, in the caller's unit; the condition stands in the UPDATE itself.

        Raises:
            OutOfStock: nothing is taken then.
        """
        async with unit() as opened:
            # In the order of ids, so that two orders of the same products never wait for each other in a circle.
            for product_id, count in sorted(pieces.items()):
                params = {"id_": product_id, "pieces": count, "at": clock.now()}
                if not await current().database.execute(_TAKE, params):
                    product = await self.collection.get(product_id)
                    raise OutOfStock(f"Only {max(product.stock, 0)} of “{product.name}” are left. Order fewer.")
            opened.touch(self.noun)


products = Products()
