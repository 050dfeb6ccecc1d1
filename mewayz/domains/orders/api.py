"""REST of orders beyond what every noun has: the steps of the machine, notes and the invoice."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from mewayz.backend.access import permission
from mewayz.backend.crud import read_query
from mewayz.backend.payloads import Payload
from mewayz.backend.resource import flag, read_object, rev_of, tagged
from mewayz.backend.rest import Call, Endpoint, query_map
from mewayz.domains.orders.invoice import POLICY
from mewayz.domains.orders.machine import STEPS, VERBS
from mewayz.domains.orders.model import ORDERS, Order
from mewayz.domains.orders.payloads import NoteAdded, Refund, Shipment
from mewayz.domains.orders.service import orders

_TAKES: dict[str, type[Payload]] = {"ship": Shipment, "refund": Refund}
_SUMMARIES = {
    "confirm": "Confirm a pending order",
    "process": "Begin to prepare an order",
    "ship": "Ship what is left of an order, or a part of it",
    "deliver": "Mark an order as delivered",
    "cancel": "Cancel an order",
    "refund": "Give money back, with or without goods",
    "pay": "Mark an order as paid",
    "fail": "Mark the payment of an order as failed",
}


def _step(verb: str) -> Endpoint:
    work: Callable[..., Awaitable[Order]] = getattr(orders, verb)
    payload = _TAKES.get(verb)

    async def serve(call: Call) -> Any:
        data, rev = rev_of(call, await read_object(call.request) if payload else {})
        given = (data,) if payload else ()
        return tagged("order", await work(call.actor, call.path("id"), *given, rev))

    return Endpoint(
        method="POST",
        path=f"/orders/{{id}}/{verb}",
        handler=serve,
        summary=_SUMMARIES[verb],
        tag="orders",
        policy=permission("orders:cancel") if verb == "cancel" else next(step.policy for step in STEPS if step.verb == verb),
        payload=payload,
        document=Order,
        name="order",
        names_rev=True,
        idempotent=payload is not None,
    )


async def _note(call: Call) -> Any:
    data, rev = rev_of(call, await read_object(call.request))
    return tagged("order", await orders.remark(call.actor, call.path("id"), data, rev))


async def _worth(call: Call) -> Any:
    return {"worth": (await orders.worth(call.actor, await read_query(ORDERS, query_map(call.request)))).wire()}


async def _invoice(call: Call) -> Any:
    saved = flag(query_map(call.request), "download")
    name, page = await orders.invoice(call.actor, call.path("id"))
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "private, no-store"}
    headers["Content-Disposition"] = f'{"attachment" if saved else "inline"}; filename="{name}"'
    return Response(page, headers=headers, media_type="text/html")


_AMOUNT = {"type": ["string", "null"]}
_COUNT = {"type": "integer"}
_WORTH = {
    "type": "object",
    "required": ["worth"],
    "properties": {
        "worth": {
            "type": "object",
            "properties": {
                "currency": {"type": "string"},
                **dict.fromkeys(("items", "orders", "buyers"), _COUNT),
                **dict.fromkeys(("gross", "returns", "discounts", "net"), _AMOUNT),
            },
        }
    },
}
ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/orders/stats/worth",
        handler=_worth,
        summary="What the orders of a list come to: the figure of a chart, from the list that it opens",
        tag="orders",
        policy=permission("orders:read"),
        query=ORDERS,
        paged=False,
        answer=_WORTH,
    ),
    *map(_step, VERBS),
    Endpoint(
        method="POST",
        path="/orders/{id}/note",
        handler=_note,
        summary="Add a note to an order",
        tag="orders",
        policy=permission("orders:update"),
        payload=NoteAdded,
        document=Order,
        name="order",
        names_rev=True,
        idempotent=True,
    ),
    Endpoint(
        method="GET",
        path="/orders/{id}/invoice",
        handler=_invoice,
        summary="The invoice of an order, or the credit note of a return, to print",
        tag="orders",
        policy=permission("orders:read"),
        params={"download": {"type": "string", "enum": ["true", "false"], "default": "false"}},
        files=("text/html",),
    ),
]
