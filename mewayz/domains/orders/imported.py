"""Orders that come in a file: the history of a shop, and how an import of it is taken back."""

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import override

from mewayz.backend.access import SYSTEM, Actor, allow
from mewayz.backend.crud import CrudService
from mewayz.backend.importing import Columns, Report
from mewayz.backend.imports import Imports
from mewayz.backend.loads import How, Loaded
from mewayz.backend.shop import shop
from mewayz.backend.sources import Source
from mewayz.backend.unit import unit
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import history
from mewayz.domains.orders.bulk import remove_many
from mewayz.domains.orders.intake import is_history
from mewayz.domains.orders.model import Order
from mewayz.domains.orders.totals import recount
from mewayz.domains.products.service import products


class OrderImports(CrudService[Order]):
    """The verbs of imports."""

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
    async def _withdraw(self, actor: Actor, documents: Sequence[Order]) -> None:
        past = [order for order in documents if history.is_historical(order)]
        async with unit() as opened:
            await recount(opened, await remove_many(past, (await shop()).zone))
            await super()._withdraw(actor, [order for order in documents if not history.is_historical(order)])

    @override
    async def _restore(self, actor: Actor, before: Order, former: Mapping[str, Any]) -> None:
        if history.is_historical(before):
            await history.restore(before, former)
        else:
            await super()._restore(actor, before, former)
