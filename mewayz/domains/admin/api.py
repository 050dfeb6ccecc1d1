"""REST of the shop itself, and of who sells."""

from typing import Any

from mewayz.backend.access import permission
from mewayz.backend.rest import Call, Endpoint
from mewayz.backend.shop import Shop
from mewayz.domains.admin.service import SellerPayload, ShopPayload, admin

_SHOP, _SELLER = ("name", "currency", "timezone", "region"), tuple(SellerPayload.model_fields)


def _answer(name: str, parts: tuple[str, ...]) -> dict[str, Any]:
    inner = {"type": "object", "required": list(parts), "properties": {part: {"type": "string"} for part in parts}}
    return {"type": "object", "required": [name], "properties": {name: inner}}


def _of_shop(shop: Shop) -> dict[str, Any]:
    return {"shop": {part: getattr(shop, part) for part in _SHOP}}


def _of_seller(shop: Shop) -> dict[str, Any]:
    return {"seller": {part: shop.seller.get(part, "") for part in _SELLER}}


async def _read(call: Call) -> Any:
    return _of_shop(await admin.shop(call.actor))


async def _change(call: Call) -> Any:
    return _of_shop(await admin.describe_shop(call.actor, call.body.changes()))


async def _read_seller(call: Call) -> Any:
    return _of_seller(await admin.shop(call.actor))


async def _describe(call: Call) -> Any:
    return _of_seller(await admin.describe_seller(call.actor, call.body.changes()))


_READ, _UPDATE = permission("admin:read"), permission("admin:update")
ENDPOINTS = [
    Endpoint(method="GET", path="/shop", handler=_read, summary="The shop", tag="shop", policy=_READ, answer=_answer("shop", _SHOP)),
    Endpoint(
        method="PATCH", path="/shop", handler=_change, summary="Change the shop", tag="shop", policy=_UPDATE, body=ShopPayload,
        answer=_answer("shop", _SHOP),
    ),
    Endpoint(
        method="GET", path="/shop/seller", handler=_read_seller, summary="Who sells, as invoices say it", tag="shop", policy=_READ,
        answer=_answer("seller", _SELLER),
    ),
    Endpoint(
        method="PATCH", path="/shop/seller", handler=_describe, summary="Change who sells", tag="shop", policy=_UPDATE, body=SellerPayload,
        answer=_answer("seller", _SELLER),
    ),
]  # fmt: skip
