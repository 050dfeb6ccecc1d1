"""Whatever is done with orders, in whatever order: stock, money, customers' totals, links and figures are those of a recomputation."""

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from mewayz.backend import money
from mewayz.backend.errors import Conflict, Invalid
from mewayz.backend.runtime import open_runtime
from mewayz.backend.settings import Settings
from mewayz.backend.shop import is_set_up, shop
from mewayz.backend.unit import unit
from mewayz.domains.orders import rollups, standing
from mewayz.domains.orders.bulk import NewOrder, place_many
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import Product, products_collection
from tests.domains.orders.figures import assert_figures
from tests.domains.orders.sales import SELLER, anna, mug, paid, place
from tests.domains.people import add_shop

ZONE = ZoneInfo("Europe/London")
STOCK = 90
EMPTIED = ("orders", "order_products", "customers", "products", *(table.name for table in rollups.ROLLUPS))
NUMBER = st.integers(0, 10**6)
PIECES = st.integers(1, 12)
EXTRAS = st.fixed_dictionaries(
    {}, optional={"discount": st.sampled_from(["1", "0.33"]), "tax": st.sampled_from(["0.77", "2"]), "shipping": st.just("4.95")}
)
PAST = [("delivered", "paid"), ("shipped", "paid"), ("processing", "paid"), ("confirmed", "pending"), ("pending", "pending")]
IMPORTED = [{"at": "2020-01-01T00:00:00.000Z", "event": "imported", "by": "History"}]


class Desk(RuleBasedStateMachine):
    """Somebody at the order desk, and what the stock must be: kept apart, from what was asked and answered."""

    configured: Settings

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.opened = open_runtime(self.configured)
        self.runtime = self.runner.run(self.opened.__aenter__())
        self.stock: Counter[str] = Counter()
        self.imported = 0

    def teardown(self) -> None:
        self.runner.run(self._empty())
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.runner.close()

    async def _empty(self) -> None:
        async with unit():
            for table in EMPTIED:
                await self.runtime.database.execute(text(f"DELETE FROM {table}"))

    @initialize()
    def open(self) -> None:
        self.runner.run(self._open())

    async def _open(self) -> None:
        if not await is_set_up():
            await add_shop()
        self.products: list[Product] = [await mug(price, stock=STOCK) for price in ("0", "0.3333", "7.50")]
        self.customers = [await anna(), None]
        self.stock.update({one.id: STOCK for one in self.products})

    def _all(self) -> list[Order]:
        return sorted(self.runner.run(orders_collection.find_all(kind="sale")), key=lambda order: order.number)

    def _some(self, number: int, *states: str) -> Order | None:
        found = [order for order in self._all() if not states or order.status in states]
        return found[number % len(found)] if found else None

    def _done(self, work: Any) -> Order | None:
        """What came of it; a refusal changes nothing, which the invariants see."""
        try:
            return self.runner.run(work)
        except (Conflict, Invalid):
            return None

    def _lines(self, wanted: list[tuple[int, int]]) -> list[dict[str, Any]]:
        return [{"productId": self.products[which].id, "quantity": count} for which, count in wanted]

    def _move(self, order: Order, sign: int) -> None:
        if order.holds_stock:
            for line in order.lines:
                self.stock[line["productId"]] += sign * line["quantity"]

    @rule(wanted=st.lists(st.tuples(st.integers(0, 2), PIECES), min_size=1, max_size=3), extras=EXTRAS, buyer=st.integers(0, 1))
    def create(self, wanted: list[tuple[int, int]], extras: dict[str, str], buyer: int) -> None:
        customer = self.customers[buyer]
        lines = [(self.products[which], count) for which, count in wanted]
        if order := self._done(place(*lines, customerId=customer.id if customer else None, **extras)):
            self._move(order, -1)

    @rule(which=st.integers(0, 2), count=PIECES, state=st.sampled_from(PAST))
    def remember(self, which: int, count: int, state: tuple[str, str]) -> None:
        """An order of an earlier system: it took no stock here, so none comes back by it, whatever becomes of it."""
        product, (status, payment) = self.products[which], state
        price = money.to_units(product.price)
        line = {"productId": product.id, "sku": "", "name": "Mug", "quantity": count, "unitPrice": money.wire(price)}
        line["total"] = money.wire(price * count)
        self.imported += 1
        amounts = {"units": count, "subtotal": product.price * count, "total": product.price * count}
        order = Order(
            number=f"H{self.imported}", status=status, payment_status=payment, currency="GBP", lines=[line], timeline=IMPORTED, **amounts
        )
        new = NewOrder(order.model_dump(), [(product.id, count, price)])
        self.runner.run(place_many([new], self.runner.run(shop())))

    @rule(number=NUMBER, wanted=st.lists(st.tuples(st.integers(0, 2), PIECES), min_size=1, max_size=3), extras=EXTRAS)
    def edit(self, number: int, wanted: list[tuple[int, int]], extras: dict[str, str]) -> None:
        if (order := self._some(number)) and (
            after := self._done(orders.update(SELLER, order.id, {"lines": self._lines(wanted), **extras}))
        ):
            self._move(order, 1)
            self._move(after, -1)

    @rule(number=NUMBER, verb=st.sampled_from(["confirm", "confirm", "process", "deliver", "pay", "pay", "pay", "fail"]))
    def go_on(self, number: int, verb: str) -> None:
        if order := self._some(number):
            self._done(getattr(orders, verb)(SELLER, order.id))

    @rule(which=st.integers(0, 2), count=PIECES, shipped=st.none() | PIECES)
    def sell(self, which: int, count: int, shipped: int | None) -> None:
        """An order that is soon paid, and perhaps on its way."""
        if order := self._done(place((self.products[which], count), shipping="4.95")):
            self._move(order, -1)
            self.runner.run(paid(order))
            if shipped:
                self._done(orders.ship(SELLER, order.id, {"lines": [{"line": 0, "quantity": shipped}]}))

    @rule(number=NUMBER, parts=st.none() | st.lists(PIECES, min_size=1, max_size=3))
    def ship(self, number: int, parts: list[int] | None) -> None:
        if order := self._some(number, "confirmed", "processing"):
            lines = None if parts is None else [{"line": line, "quantity": count} for line, count in enumerate(parts)]
            self._done(orders.ship(SELLER, order.id, {} if lines is None else {"lines": lines}))

    @rule(number=NUMBER)
    def cancel(self, number: int) -> None:
        if (order := self._some(number)) and self._done(orders.cancel(SELLER, order.id)):
            self._move(order, 1)

    @rule(number=NUMBER)
    def delete(self, number: int) -> None:
        if (order := self._some(number)) and self._done(orders.delete(SELLER, order.id)) and order.status == "pending":
            self._move(order, 1)

    @precondition(lambda self: any(order.payment_status in ("paid", "partially_refunded") for order in self._all()))
    @rule(
        number=NUMBER,
        parts=st.none() | st.lists(st.tuples(st.integers(1, 4), st.sampled_from([None, "shipped", "unshipped"])), min_size=1, max_size=3),
        restock=st.booleans(),
        more=st.fixed_dictionaries(
            {}, optional={"amount": st.sampled_from(["0.01", "3", "all", "all"]), "shipping": st.sampled_from(["1", "4.95"])}
        ),
    )
    def refund(self, number: int, parts: list[tuple[int, str | None]] | None, restock: bool, more: dict[str, str]) -> None:
        found = [order for order in self._all() if order.payment_status in ("paid", "partially_refunded")]
        order = found[number % len(found)]
        lines: dict[str, Any] = {}
        if parts is not None:
            lines["lines"] = [
                {"line": line, "quantity": count, **({"from": kind} if kind else {})} for line, (count, kind) in enumerate(parts)
            ]
        if more.get("amount") == "all":
            more = {**more, "amount": str(order.total - standing.refunded(order))}
        before = standing.of(order)
        if (after := self._done(orders.refund(SELLER, order.id, {**lines, **more, "restock": restock}))) is None:
            return
        here = {line.line: line.unshipped for line in before}
        for part in after.refunds[-1]["lines"]:
            product = order.lines[part["line"]]["productId"]
            kind = parts[part["line"]][1] if parts is not None else None
            staying = {"shipped": 0, "unshipped": part["quantity"]}.get(kind or "", min(part["quantity"], here[part["line"]]))
            here[part["line"]] -= staying
            if order.holds_stock:
                self.stock[product] += part["quantity"] if restock else staying
        if after.status == "refunded" and order.holds_stock:
            for line, count in here.items():
                self.stock[order.lines[line]["productId"]] += count

    @rule()
    def fold(self) -> None:
        self.runner.run(rollups.fold())

    @invariant()
    def stock_is_what_is_left(self) -> None:
        kept = {one.id: one.stock for one in self.runner.run(products_collection.find_all())}
        assert kept == dict(self.stock)

    @invariant()
    def figures_are_those_of_a_recomputation(self) -> None:
        self.runner.run(assert_figures(self.runtime.database, ZONE))

    @invariant()
    def money_and_pieces_add_up(self) -> None:
        for order in self._all():
            assert order.total == order.subtotal - order.discount + order.tax + order.shipping
            assert order.subtotal == sum((Decimal(line["total"]) for line in order.lines), Decimal(0))
            returns = self.runner.run(orders.returns_of(SELLER, order.id))
            assert {one.id for one in self.runner.run(orders_collection.find_all(original_id=order.id))} == {one.id for one in returns}
            back = -sum((one.total for one in returns), Decimal(0))
            assert 0 <= back == standing.refunded(order) <= order.total
            for one in returns:
                assert one.total == one.subtotal - one.discount + one.tax + one.shipping
            assert (order.payment_status in ("refunded", "partially_refunded")) == bool(returns)
            assert (order.payment_status == "refunded") == (order.status == "refunded")
            assert order.payment_status != "refunded" or back == order.total
            counted = standing.of(order)
            for line in counted:
                assert 0 <= line.unshipped <= line.ordered
                assert 0 <= line.dropped <= line.returned <= line.ordered
            if order.status == "shipped":
                assert not any(line.unshipped for line in counted)
            if order.subtotal and returns and not any(line.returnable for line in counted):
                assert all(sum((getattr(one, name) for one in returns), getattr(order, name)) == 0 for name in ("subtotal", "tax"))


def test_any_sequence_leaves_everything_in_balance(migrated: Settings) -> None:
    desk = type("OneDesk", (Desk,), {"configured": migrated})
    run_state_machine_as_test(desk, settings=settings(max_examples=8, stateful_step_count=25, suppress_health_check=list(HealthCheck)))
