"""Orders that come in a file: the history of a shop, and how an import of it is taken back."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from typing_extensions import override

from mewayz.backend.access import SYSTEM, Actor, allow
from mewayz.backend.batches import Unforeseen
from mewayz.backend.crud import CrudService
from mewayz.backend.importing import Columns, Report
from mewayz.backend.imports import Imports
from mewayz.backend.loads import How, Loaded
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.sources import Source
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import corrections, history
from mewayz.domains.orders.bulk import remove_many
from mewayz.domains.orders.intake import is_history
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.sorting import is_historical
from mewayz.domains.orders.totals import recount
from mewayz.domains.products.model import products_collection
from mewayz.domains.products.service import products

_PART = 500


class OrderImports(CrudService[Order]):
    """The verbs of imports, and how many orders are held at once."""

    def _wants(self, source: Source, kind: str) -> bool:
        return is_history(source, kind)

    @allow("import")
    async def load_table(
        self, actor: Actor, source: Source, kind: str, columns: Columns, how: How, most: int | None, report: Report
    ) -> Loaded:
        """Load historical orders: a table of order lines, or orders with their prices as objects. No stock is moved.

        Raises:
            Invalid: `fields` maps `line 7: lines.quantity` to what is wrong with it; nothing was saved.
            Forbidden: a product or customer would have to be made, or an order changed, and the actor may not.
        """

        async def undo(batch_id: str) -> None:
            await Imports((self, products, customers)).revert(SYSTEM, batch_id)

        return await history.load(actor, source, kind, columns, how, most, report, undo)

    @override
    async def _hold_all(self, ids: Sequence[str]) -> None:
        if current().database.sqlite:  # where a unit is alone anyway
            return
        await super()._hold_all(ids)
        buyers, goods = set[str](), set[str]()
        for start in range(0, len(ids), _PART):
            for order in (await orders_collection.find_ids(ids[start : start + _PART])).values():
                buyers |= {order.customer_id} if order.customer_id else set()
                goods |= {line["productId"] for line in order.lines if order.holds_stock and line["productId"]}
        await customers_collection.present(buyers, lock="change")
        await products_collection.present(goods, lock="change")

    @override
    async def _withdraw(self, actor: Actor, documents: Sequence[Order]) -> None:
        past = [order for order in documents if is_historical(order)]
        async with unit() as opened:
            await recount(opened, await remove_many(past, (await shop()).zone))
            await super()._withdraw(actor, [order for order in documents if not is_historical(order)])

    @override
    async def _withdrawable(self, actor: Actor, document: Order, leaving: AbstractSet[str]) -> None:
        if not is_historical(document):
            raise Unforeseen

    @override
    async def _restorable(self, actor: Actor, before: Order, former: Mapping[str, Any]) -> None:
        if not is_historical(before):
            raise Unforeseen
        await corrections.restorable(before, former)

    @override
    async def _restore(self, actor: Actor, before: Order, former: Mapping[str, Any]) -> None:
        if is_historical(before):
            await corrections.restore(before, former)
        else:
            await super()._restore(actor, before, former)
