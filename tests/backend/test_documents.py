"""The wire form of a document."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from mewayz.backend import clock
from mewayz.backend.documents import wire
from mewayz.backend.runtime import Runtime
from mewayz.domains.products.model import Product, products_collection


async def test_the_wire_form(runtime: Runtime) -> None:
    lamp = {"name": "Lamp", "price": Decimal("9.99"), "currency": "GBP"}
    with clock.frozen(datetime(2024, 5, 6, 7, 8, 9, 123_999, tzinfo=UTC)):
        added = await products_collection.add(Product(**lamp, sku="S1", stock=4, compare_at_price=Decimal("12.5")))
    assert wire(added) == wire(await products_collection.get(added.id))
    assert json.loads(json.dumps(wire(added))) == {
        "id": added.id,
        "rev": 1,
        "createdAt": "2024-05-06T07:08:09.123Z",
        "updatedAt": "2024-05-06T07:08:09.123Z",
        "name": "Lamp",
        "slug": None,
        "sku": "S1",
        "description": "",
        "shortDescription": "",
        "barcode": "",
        "price": "9.99",
        "compareAtPrice": "12.50",
        "cost": None,
        "currency": "GBP",
        "category": "",
        "tags": [],
        "images": [],
        "options": [],
        "variants": [],
        "status": "published",
        "visibility": "visible",
        "publishAt": None,
        "reserved": 0,
        "creatorId": "",
        "demo": False,
        "inventory": {"stock": 4, "lowStockThreshold": 0, "trackInventory": True, "allowBackorders": False},
    }
