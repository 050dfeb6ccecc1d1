"""The verbs of administration: the shop is renamed and says who sells, the demo shop comes and goes."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field
from sqlalchemy import select

from mewayz.backend import audit
from mewayz.backend.access import Actor, allow
from mewayz.backend.errors import Conflict
from mewayz.backend.payloads import Patch, parse
from mewayz.backend.runtime import current
from mewayz.backend.shop import SHOP_ID, Region, Shop, ShopName, shop, shops
from mewayz.backend.unit import unit
from mewayz.domains.admin.demo import loader, remover, source
from mewayz.domains.admin.demo.loader import Loaded, Report, silent
from mewayz.domains.admin.demo.remover import Removed
from mewayz.domains.products.model import products_collection

_products = products_collection.table
_ANY_DEMO = select(_products.c.id).where(_products.c.demo).limit(1)
_lock = asyncio.Lock()


class Busy(Conflict):
    """Demo data is being loaded or removed already."""

    code = "admin.demo_busy"
    default_message = "The demo data is being loaded or removed already. Wait until that is done."


class ShopPayload(Patch):
    """What can be changed of the shop. Its currency and its time zone cannot: all that has been sold is kept in them."""

    name: ShopName | None = None
    region: Region | None = None


class SellerPayload(Patch):
    """Who sells, as invoices say it; what is empty is left out there."""

    name: Annotated[str | None, Field(max_length=100)] = None
    address: Annotated[str | None, Field(max_length=500)] = None
    number: Annotated[str | None, Field(max_length=100)] = None


class Admin:
    """What only administrators do."""

    noun: ClassVar[str] = "admin"

    @allow("read")
    async def shop(self, actor: Actor) -> Shop:
        """The shop, with what only administrators see of it."""
        return await shop()

    @allow("update")
    async def describe_shop(self, actor: Actor, data: Mapping[str, Any]) -> Shop:
        """Say what the shop is called, and as in which country it writes numbers and dates; what is not sent stays.

        Raises:
            Invalid: with a message per field.
        """
        changes = parse(ShopPayload, data).changes()
        async with unit():
            before = await shops.get(SHOP_ID, lock=True)
            if "region" in changes:
                changes["options"] = {**before.options, "region": changes.pop("region")}
            _, after = await shops.patch(SHOP_ID, changes)
        return after

    @allow("update")
    async def describe_seller(self, actor: Actor, data: Mapping[str, Any]) -> Shop:
        """Say who sells: name, address and number on invoices; what is not sent stays.

        Raises:
            Invalid: with a message per field.
        """
        changes = parse(SellerPayload, data).changes()
        async with unit():
            before = await shops.get(SHOP_ID, lock=True)
            seller = {name: value for name, value in {**before.seller, **changes}.items() if value}
            _, after = await shops.patch(SHOP_ID, {"options": {**before.options, "seller": seller}})
        return after

    @allow("update")
    async def load_demo(self, actor: Actor, *, full: bool = False, given: Path | None = None, report: Report = silent) -> Loaded:
        """Load the demo shop: the slice that ships with Mewayz, or the full set from its wheel.

        Raises:
            Busy, DownloadFailed, BrokenFile.
        """
        if _lock.locked():
            raise Busy
        async with _lock:
            path = source.slice_path()
            if full:
                await report(0.0, "Fetching the full data set")
                path = await asyncio.to_thread(source.fetch_full, current().settings.data_dir / "cache", given)
            loaded = await loader.load(path, report)
            async with unit() as opened:
                details = {"products": loaded.products, "customers": loaded.customers, "orders": loaded.orders, "returns": loaded.returns}
                audit.record(opened, "demo.loaded", "", details)
            return loaded

    @allow("update")
    async def remove_demo(self, actor: Actor, *, report: Report = silent) -> Removed:
        """Remove the demo shop, exactly.

        Raises:
            Busy: it is being loaded or removed already.
        """
        if _lock.locked():
            raise Busy
        async with _lock:
            return await remover.remove(actor.id, report)

    @allow("read")
    async def kept_of_demo(self, actor: Actor) -> tuple[int, int]:
        """How many products and customers of the demo shop would stay if it was removed: orders of the shop's own name them."""
        return await remover.kept()

    @allow("read")
    async def has_demo(self, actor: Actor) -> bool:
        """Whether demo data is there."""
        return await current().database.first(_ANY_DEMO) is not None


admin = Admin()
