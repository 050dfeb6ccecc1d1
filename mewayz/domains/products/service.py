"""The verbs of products."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from typing_extensions import override

from mewayz.backend import clock
from mewayz.backend.access import Actor, allow, can
from mewayz.backend.amounts import counted
from mewayz.backend.collection import Restriction
from mewayz.backend.counts import KEPT_COUNTS
from mewayz.backend.crud import CrudService
from mewayz.backend.documents import wire
from mewayz.backend.entered import Told
from mewayz.backend.errors import Conflict, Invalid, NotFound
from mewayz.backend.filters import Tree
from mewayz.backend.query import Page, Query
from mewayz.backend.rows import Gathered, Row
from mewayz.backend.runtime import current
from mewayz.backend.sheets import Sheet
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.products import skus
from mewayz.domains.products.copying import Copies
from mewayz.domains.products.images import Images, arranged, drop_files
from mewayz.domains.products.model import (
    PRODUCTS,
    Product,
    ProductCreate,
    ProductStatus,
    ProductUpdate,
    Visibility,
    for_sale,
    products_collection,
)
from mewayz.domains.products.pieces import NotForSale, OutOfStock, UnknownVariant
from mewayz.domains.products.prices import check_former_price, check_variant_prices
from mewayz.domains.products.shaping import enter, reshaped
from mewayz.domains.products.slugs import slug_of
from mewayz.domains.products.stock import Stock
from mewayz.domains.products.table_lines import SHEET
from mewayz.domains.products.table_rows import ProductRow, folded, gathered, named
from mewayz.domains.products.variants import skus_of, without_cost

__all__ = ["NotForSale", "OutOfStock", "Products", "UnknownVariant", "products"]

_table = products_collection.table
_LOW = (
    select(*_table.columns)
    .where(_table.c.track_inventory, _table.c.stock <= _table.c.low_stock_threshold, for_sale("now"))
    .order_by(_table.c.stock, _table.c.id)
    .limit(bindparam("limit"))
)
_CATEGORIES = select(KEPT_COUNTS.c.k1).where(KEPT_COUNTS.c.noun == PRODUCTS.noun, KEPT_COUNTS.c.k1 != "").distinct()
_CATEGORIES_SECONDS = 300
_SHAPE = frozenset({"options", "variants", "stock", "images"})


class Ordered(Conflict):
    """Orders name the product."""

    code = "products.ordered"
    default_message = "Orders name this product."


class Products(Stock, Images, Copies, CrudService[Product]):
    """The catalogue."""

    noun: ClassVar[str] = "products"
    singular: ClassVar[str] = "product"
    identified_by: ClassVar[Mapping[str, Callable[[str], str]]] = {"sku": str.strip}
    parts_identified_by: ClassVar[Sequence[str]] = ("slug", "variantSku")
    amounts: ClassVar[tuple[str, ...]] = ("price", "compare_at_price", "cost")
    # The files of images that are left out go, and the stock of variants that are left out is written off.
    irreversible: ClassVar[frozenset[str]] = frozenset({"images", "options", "variants"})
    collection = products_collection
    spec = PRODUCTS
    create_payload = ProductCreate
    import_payload = ProductRow
    sheets: ClassVar[Mapping[str, Sheet]] = {"variants": SHEET}
    update_payload = ProductUpdate

    @override
    def _folded(self, rows: Iterator[Row]) -> Iterator[Row]:
        return folded(rows)

    @override
    async def _gathered(self, before: Product | None, fields: dict[str, Any], parts: Sequence[Row], *, upsert: bool) -> Gathered[Product]:
        return await gathered(before, fields, parts, upsert=upsert)

    @override
    async def _about(self, rows: Sequence[Row]) -> set[str]:
        return await super()._about(rows) | await named(rows)

    @override
    async def _build(self, actor: Actor, payload: ProductCreate) -> Product:
        place = await shop()
        fields = payload.model_dump(include=ProductCreate.model_fields.keys() - {"inventory", "options", "variants"})
        fields["currency"] = payload.currency or place.currency
        fields["slug"] = payload.slug or slug_of(payload.name) or None
        fields["publish_at"] = _in_zone(payload.publish_at, place.zone)
        _check_schedule(fields["status"], fields["publish_at"])
        inventory = payload.inventory.model_dump()
        sent = payload.inventory.stock if "stock" in payload.inventory.model_fields_set else None
        inventory |= reshaped(None, payload.options, payload.variants, sent, ())
        return Product(**fields, **inventory, creator_id=actor.id)

    @override
    async def _entered(self, before: Product | None, payload: ProductCreate | ProductUpdate) -> None:
        told = Told()
        with told.also():
            check_former_price(before, payload)
        with told.also():
            currency = before.currency if before else getattr(payload, "currency", None)
            check_variant_prices(before, payload, currency or (await shop()).currency)
        told.refuse()

    @override
    async def _refusals(self, actor: Actor, before: Product | None, payload: ProductCreate | ProductUpdate) -> None:
        told = Told()
        status, moment = (getattr(payload, name, None) or getattr(before, name, None) for name in ("status", "publish_at"))
        with told.also():
            _check_schedule(str(status or ""), moment)
        if payload.options is not None or payload.variants is not None:
            images = {image["id"] for image in before.images} if before else set[str]()
            with told.also():
                reshaped(before, payload.options, payload.variants, None, images)
        told.refuse()

    @override
    async def _removable(self, actor: Actor, document: Product) -> None:
        if document.reserved > 0:
            pieces = f"{counted(document.reserved)} {'piece' if document.reserved == 1 else 'pieces'}"
            raise Ordered(f"Open orders hold {pieces} of this product. Ship or cancel them first, or archive the product.")

    kept_by: ClassVar[list[Callable[[str, AbstractSet[str]], Awaitable[bool]]]] = []
    """Rooms that name products add their question when an import is taken back: does this one have to stay, leaving out these ids?"""

    @override
    async def _withdrawable(self, actor: Actor, document: Product, leaving: AbstractSet[str]) -> None:
        for keeps in self.kept_by:
            if await keeps(document.id, leaving):
                raise Ordered
        await self._removable(actor, document)

    @override
    async def _withdraw(self, actor: Actor, documents: Sequence[Product]) -> None:
        for document in documents:
            await self._withdrawable(actor, document, frozenset())
        await super()._withdraw(actor, documents)

    @override
    async def _adding(self, actor: Actor, document: Product) -> None:
        # The slug of the name steps aside where it is taken; another one is refused.
        if document.slug and document.slug == slug_of(document.name):
            await current().database.hold(f"slug:{document.slug}")  # for who adds the same name at this moment
            if await self.collection.find(slug=document.slug):
                document.slug = slug_of(document.name, document.id[-6:])

    @override
    async def _changes(self, actor: Actor, before: Product, payload: ProductUpdate) -> dict[str, Any]:
        changes = payload.changes()
        if "publish_at" in changes:
            changes["publish_at"] = _in_zone(changes["publish_at"], (await shop()).zone)
        if changes.keys() & _SHAPE:
            # What is sold meanwhile counts on: these parts are written as a whole.
            before = await self.collection.get(before.id, lock=True)
        if "images" in changes:
            changes["images"] = arranged(before, changes["images"])
        if changes.keys() & _SHAPE and (before.variants or changes.keys() & {"options", "variants"}):
            images = {image["id"] for image in changes.get("images", before.images)}
            changes |= reshaped(before, changes.get("options"), changes.get("variants"), changes.get("stock"), images)
            if skus_of(changes["variants"]) != skus_of(before.variants):
                await skus.free(before.id)
        _check_schedule(changes.get("status", before.status), changes.get("publish_at", before.publish_at))
        return changes

    @override
    async def _changed(self, before: Product | None, after: Product | None) -> None:
        """Enter into the ledger how the number of pieces has changed, take SKUs, and delete the files of images that have gone."""
        if before is not None:
            async with unit() as opened:
                drop_files(opened, before, after)
        if after is not None:
            await enter(before, after)
            if skus_of(after.variants) != (skus_of(before.variants) if before else {}):
                await skus.claim(after.id, after.variants)

    @override
    def _restriction(self, actor: Actor, verb: str) -> Restriction:
        """Who may not change the catalogue finds what is visible and for sale. Lists follow the clock by the minute, for the cache."""
        found = super()._restriction(actor, verb)
        if verb == "read" and not can(actor, "products:update"):
            return {**found, "visibility": Visibility.VISIBLE.value, "for_sale": clock.now().replace(second=0, microsecond=0)}
        return found

    @allow("read")
    @override
    async def page(self, actor: Actor, query: Query) -> Page:
        """One page of the catalogue; what a piece costs the shop is for those who may change it."""
        page = await super().page(actor, await self._spread(query))
        if not can(actor, "products:update"):
            for row in page.rows:
                if "cost" in row:
                    row["cost"] = None
                if row.get("variants"):
                    row["variants"] = without_cost(row["variants"])
        return page

    @allow("read")
    @override
    async def total(self, actor: Actor, query: Query) -> tuple[int, bool]:
        """How many rows match, and whether that is exact."""
        return await super().total(actor, await self._spread(query))

    @allow("export")
    @override
    async def export(self, actor: Actor, query: Query) -> AsyncIterator[list[dict[str, Any]]]:
        """All rows of the query in batches, in its order."""
        return await super().export(actor, await self._spread(query))

    async def _spread(self, query: Query) -> Query:
        """The query with the categories below the one that it asks for."""
        asked = query.filters.get("category")
        if not isinstance(asked, str):
            return query
        return replace(query, filters={**query.filters, "category": Tree.below(asked, await self._categories())})

    async def _categories(self) -> list[str]:
        database = current().database

        async def load() -> list[str]:
            return sorted(row[0] for row in await database.fetch(_CATEGORIES))

        return await current().cache.remember(self.noun, ["categories"], ttl=_CATEGORIES_SECONDS, compute=load)

    @allow("read")
    @override
    async def values(self, actor: Actor, name: str) -> list[str]:
        """The values that a listed filter can take; of categories those in between too."""
        found = await super().values(actor, name)
        if name != "category":
            return found
        paths = (path.split(Tree.SEPARATOR) for path in found)
        return sorted({Tree.SEPARATOR.join(parts[:depth]) for parts in paths for depth in range(1, len(parts) + 1)})

    @allow("read")
    @override
    async def get(self, actor: Actor, document_id: str) -> Product:
        """One product; what a piece costs the shop is for those who may change it, and a hidden one is for who has its link."""
        if can(actor, "products:update"):
            return await super().get(actor, document_id)
        product = await self.collection.get(document_id)
        if not product.for_sale_at(clock.now()):
            raise NotFound
        product.cost, product.variants = None, without_cost(product.variants)
        return product

    @allow("read")
    async def low(self, actor: Actor, limit: int = 5) -> list[dict[str, Any]]:
        """Products for sale at or below their threshold, the emptiest first, those without any included."""
        rows = await current().database.fetch(_LOW, {"limit": limit, "now": clock.now()})
        return [wire(self.collection.build(row)) for row in rows]

    @allow("read")
    async def find_many(self, actor: Actor, ids: Sequence[str]) -> dict[str, Product]:
        """Products by id; unknown ids are left out."""
        return await self.collection.find_ids(ids)


def _in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """A time without a zone is one of the shop."""
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _check_schedule(status: str, publish_at: datetime | None) -> None:
    if status == ProductStatus.SCHEDULED and publish_at is None:
        raise Invalid(fields={"publishAt": "Say from when on it is for sale."})


products = Products()
