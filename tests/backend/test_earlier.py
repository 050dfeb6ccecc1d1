"""mongoexport of the earlier system: ids and times are kept, types unwrapped, names mapped, what has no place is named."""

from pathlib import Path

import pytest

from mewayz.backend.access import SYSTEM
from mewayz.backend.crud import CrudService
from mewayz.backend.earlier import plain_value
from mewayz.backend.importing import import_file
from mewayz.backend.loads import How, Loaded, Mode
from mewayz.backend.runtime import Runtime
from mewayz.backend.sources import Source
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.domains.users.service import users
from tests.domains.people import add_shop

FILES = Path(__file__).parent / "earlier"
SERVICES: tuple[CrudService[object], ...] = (users, products, customers, orders)  # pyright: ignore[reportAssignmentType]


async def bring(service: CrudService[object]) -> Loaded:
    source = Source(FILES / f"{service.noun}.jsonl")
    return await import_file(service, SYSTEM, source, source.kind(), How(Mode.UPSERT))


@pytest.fixture
async def moved(runtime: Runtime) -> dict[str, Loaded]:
    """A shop with all that the earlier system exported."""
    await add_shop()
    return {service.noun: await bring(service) for service in SERVICES}


async def test_users_keep_their_ids_and_times_and_lose_their_passwords(moved: dict[str, Loaded]) -> None:
    john = await users.get(SYSTEM, "507f1f77bcf86cd799439011")
    assert (john.name, john.email, john.role, john.plan, john.status) == ("John Doe", "john@example.com", "user", "Pro", "active")
    assert (john.created_at.isoformat(), john.updated_at.isoformat()) == ("2024-01-15T10:30:00+00:00", "2024-02-01T00:00:00+00:00")
    assert {"password", "__v"} <= set(moved["users"].ignored)


async def test_products_and_customers(moved: dict[str, Loaded]) -> None:
    widget = await products.get(SYSTEM, "65a5000000000000000000a1")
    assert (widget.name, str(widget.price), widget.stock, widget.low_stock_threshold) == ("Premium Widget", "99.9900", 100, 10)
    assert (widget.tags, widget.category, widget.sku) == (["premium", "enterprise"], "electronics", "PW-1")
    jane = await customers.get(SYSTEM, "65a5000000000000000000c1")
    assert (jane.name, jane.email, jane.country, jane.address["line1"], jane.address["postalCode"]) == (
        "Jane Roe", "jane@example.com", "Germany", "1 Long Street", "10115",
    )  # fmt: skip
    assert jane.created_at.isoformat() == "2023-05-01T08:00:00+00:00"


async def test_orders_keep_number_lines_and_customer_and_move_no_stock(moved: dict[str, Loaded]) -> None:
    order = await orders.get(SYSTEM, "65a5000000000000000000d1")
    assert (order.number, order.customer_id, order.customer_name) == ("ORD-1001", "65a5000000000000000000c1", "Jane Roe")
    assert (order.status, order.payment_status, str(order.subtotal), str(order.total)) == ("shipped", "paid", "199.9800", "209.9800")
    assert (order.lines[0]["productId"], order.lines[0]["quantity"], order.placed_at.isoformat()) == (
        "65a5000000000000000000a1", 2, "2024-01-20T09:15:00.250000+00:00",
    )  # fmt: skip
    assert order.shipping_address["city"] == "Berlin"
    assert (await products.get(SYSTEM, "65a5000000000000000000a1")).stock == 100
    assert len(await orders_collection.find_all()) == 2


async def test_a_second_time_changes_nothing(moved: dict[str, Loaded]) -> None:
    for service in SERVICES:
        again = await bring(service)
        assert (again.imported, again.unchanged) == (0, moved[service.noun].created)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"$numberDecimal": "1e99999999"}, "1E+99999999"),
        ({"$numberDecimal": "-1e-99999999"}, "-1E-99999999"),
        ({"$numberLong": "999999999999999999"}, 10**18 - 1),
        ({"$numberLong": "1000000000000000000"}, "1000000000000000000"),
        ({"$numberDouble": "NaN"}, "NaN"),
        ({"$numberDouble": "sNaN"}, "sNaN"),
        ({"$numberDouble": "Infinity"}, "Infinity"),
        ({"$date": "0001-01-01T00:00:00+14:00"}, "0001-01-01T00:00:00+14:00"),
        ({"$date": {"$numberLong": "999999999999999999"}}, 10**18 - 1),
    ],
)
def test_numbers_and_times_beyond_all_measure_are_left_for_validation(given: object, expected: object) -> None:
    assert plain_value(given) == expected
