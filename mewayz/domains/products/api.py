"""REST of stock and images."""

from typing import Any

from starlette.responses import Response

from mewayz.backend.access import permission
from mewayz.backend.bodies import UnsupportedMedia, read_body
from mewayz.backend.crud import read_query
from mewayz.backend.payloads import parse
from mewayz.backend.rest import BASE, Call, Endpoint, Json, query_map
from mewayz.backend.runtime import current
from mewayz.domains.products.ledger import MOVES, StockMove, StockMoveCreate
from mewayz.domains.products.model import MAX_ALT, ImageText, Product
from mewayz.domains.products.pictures import MEDIA_TYPES
from mewayz.domains.products.service import products

_FOREVER = "private, max-age=31536000, immutable"
_STANDING = {
    "properties": {
        "stock": {"type": "integer", "description": "Pieces that can be sold, at the moment of `at`."},
        "reserved": {"type": "integer", "description": "Pieces that are ordered and have not left."},
        "onHand": {"type": "integer", "description": "Both together."},
    }
}


async def _moves(call: Call) -> Any:
    query = await read_query(MOVES, query_map(call.request))
    page, standing = await products.moves(call.actor, call.path("id"), query)
    numbers = {"stock": standing.stock, "reserved": standing.reserved, "onHand": standing.on_hand}
    return {"moves": page.rows, "pagination": page.pagination(), **numbers}


async def _adjust(call: Call) -> Any:
    return {"move": await products.adjust(call.actor, call.path("id"), call.body.model_dump())}


async def _duplicate(call: Call) -> Any:
    return {"product": await products.duplicate(call.actor, call.path("id"))}


async def _add_image(call: Call) -> Any:
    raw = query_map(call.request)
    alt = parse(ImageText, raw).alt
    if call.request.headers.get("content-type", "").partition(";")[0].strip().lower() not in MEDIA_TYPES:
        raise UnsupportedMedia(f"Send the file itself as the body, with one of these types: {', '.join(MEDIA_TYPES)}.")
    data = await read_body(call.request, current().settings.max_file_size)
    product = await products.add_image(call.actor, call.path("id"), data, alt)
    return Json({"success": True, "data": {"product": product}}, status_code=201, headers={"Location": f"{BASE}/products/{product.id}"})


async def _remove_image(call: Call) -> Any:
    return {"product": await products.remove_image(call.actor, call.path("id"), call.path("image"))}


async def _image(call: Call) -> Any:
    data = await products.image_file(call.actor, call.path("id"), call.path("image"))
    return Response(data, media_type="image/webp", headers={"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff"})


ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/products/{id}/stock",
        handler=_moves,
        summary="The ledger of a product's stock, and its stock at a moment",
        tag="products",
        policy=permission("stock:read"),
        query=MOVES,
        document=StockMove,
        name="moves",
        answer=_STANDING,
    ),
    Endpoint(
        method="POST",
        path="/products/{id}/stock",
        handler=_adjust,
        summary="Receive, take back or correct pieces",
        tag="products",
        policy=permission("stock:update"),
        body=StockMoveCreate,
        document=StockMove,
        name="move",
        status=201,
        idempotent=True,
    ),
    Endpoint(
        method="POST",
        path="/products/{id}/duplicate",
        handler=_duplicate,
        summary="Make a draft like this product, without stock and images",
        tag="products",
        policy=permission("products:create"),
        document=Product,
        name="product",
        status=201,
        idempotent=True,
    ),
    Endpoint(
        method="POST",
        path="/products/{id}/images",
        handler=_add_image,
        summary="Add an image",
        tag="products",
        policy=permission("products:update"),
        takes=MEDIA_TYPES,
        params={"alt": {"type": "string", "maxLength": MAX_ALT, "description": "What the image shows, for who does not see it."}},
        document=Product,
        name="product",
        status=201,
    ),
    Endpoint(
        method="GET",
        path="/products/{id}/images/{image}",
        handler=_image,
        summary="A file of an image: its id with -large.webp or -small.webp",
        tag="products",
        policy=permission("products:read"),
        files=("image/webp",),
    ),
    Endpoint(
        method="DELETE",
        path="/products/{id}/images/{image}",
        handler=_remove_image,
        summary="Delete an image by its id",
        tag="products",
        policy=permission("products:update"),
        document=Product,
        name="product",
    ),
]
