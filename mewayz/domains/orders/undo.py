"""The way back of what has only begun: many orders were marked as being prepared, and are not."""

from typing import Any

from typing_extensions import override

from mewayz.backend.access import Actor
from mewayz.backend.bulk import Former
from mewayz.domains.orders.machine import BEGINNINGS
from mewayz.domains.orders.model import Order
from mewayz.domains.orders.steps import Changes, OrderSteps, told


class OrderUndo(OrderSteps):
    """Steps lead one way, but those that only begin something are taken back, which the timeline tells."""

    @override
    def _comes_back(self, payload: Any) -> bool:
        begun = payload.given == {"status"} and payload.status in BEGINNINGS
        return begun or super()._comes_back(payload)

    @override
    async def _take_back(self, actor: Actor, one: Former) -> None:
        if "status" not in one.fields:
            await super()._take_back(actor, one)
            return

        async def step_back(before: Order) -> Changes:
            return {"status": one.fields["status"], **told(before, actor, f"{before.status}_undone")}

        await self._changing(actor, one.id, "update", one.rev, step_back)
