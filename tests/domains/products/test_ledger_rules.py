"""Whatever happens to a product, in whatever order: its numbers are the sums of its ledger, and it owes nothing that it may not."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.crud import read_query
from mewayz.backend.errors import MewayzError
from mewayz.backend.grants import Role
from mewayz.backend.runtime import open_runtime
from mewayz.backend.settings import Settings
from mewayz.domains.products.ledger import MOVES
from mewayz.domains.products.service import products

SELLER = Actor("a" * 24, "Seller", "seller@example.com", Role.ENTERPRISE)
START = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = "0" * 24
COUNTS = st.integers(1, 8)


class LedgerMachine(RuleBasedStateMachine):
    """One product, beside a model of it: what can be sold, what is reserved, and what it was after each step."""

    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.stock = self.reserved = self.shipped = self.steps = 0
        self.owing = False
        self.past: list[tuple[int, int]] = []

    def do(self, work: Any) -> bool:
        """Do it in the next hour; whether it was accepted."""
        self.steps += 1

        async def at_its_hour() -> bool:
            with clock.frozen(START + timedelta(hours=self.steps)):
                try:
                    await work
                except MewayzError:
                    return False
            return True

        return self.loop.run_until_complete(at_its_hour())

    def done(self, accepted: bool, stock: int = 0, reserved: int = 0, shipped: int = 0) -> None:
        if accepted:
            self.stock, self.reserved, self.shipped = self.stock + stock, self.reserved + reserved, self.shipped + shipped
        self.past.append((self.stock, self.reserved))

    @initialize(stock=st.integers(0, 10), owing=st.booleans(), tracked=st.booleans())
    def create(self, stock: int, owing: bool, tracked: bool) -> None:
        inventory = {"stock": stock, "allowBackorders": owing, "trackInventory": tracked}
        self.steps = 1
        with clock.frozen(START + timedelta(hours=1)):
            made = self.loop.run_until_complete(products.create(SELLER, {"name": "Mug", "price": "1", "inventory": inventory}))
        self.id, self.owing = made.id, owing or not tracked
        self.done(True, stock)

    @rule(count=COUNTS)
    def take(self, count: int) -> None:
        accepted = self.do(products.take(SELLER, {self.id: count}, order_id=ORDER))
        assert accepted == (self.owing or self.stock >= count)
        self.done(accepted, -count, count)

    @precondition(lambda self: self.reserved > 0)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(1, self.reserved))
        self.done(self.do(products.release(SELLER, {self.id: count}, order_id=ORDER)), count, -count)

    @precondition(lambda self: self.reserved > 0)
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(1, self.reserved))
        self.done(self.do(products.ship(SELLER, {self.id: count}, order_id=ORDER)), 0, -count, count)

    @precondition(lambda self: self.shipped > 0)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(1, self.shipped))
        self.done(self.do(products.put_back(SELLER, {self.id: count}, order_id=ORDER)), count, 0, -count)

    @rule(delta=st.integers(-8, 8).filter(bool), reason=st.sampled_from(["receipt", "correction", "return"]))
    def by_hand(self, delta: int, reason: str) -> None:
        accepted = self.do(products.adjust(SELLER, self.id, {"delta": delta, "reason": reason}))
        assert accepted == (self.owing or delta > 0 or self.stock + delta >= 0)
        self.done(accepted, delta)

    @rule(stock=st.integers(0, 12))
    def type_in(self, stock: int) -> None:
        self.done(self.do(products.update(SELLER, self.id, {"inventory": {"stock": stock}})), stock - self.stock)

    @invariant()
    def the_numbers_are_the_sums(self) -> None:
        if not self.past:
            return

        async def read() -> None:
            product = await products.get(SELLER, self.id)
            assert (product.stock, product.reserved) == (self.stock, self.reserved)
            assert self.owing or product.stock >= 0
            page, _ = await products.moves(SELLER, self.id, await read_query(MOVES, {"limit": "100", "sort": "at"}))
            running = 0
            for row in page.rows:
                running += row["delta"]
                assert row["balance"] == running
            assert running == self.stock
            assert -sum(row["delta"] for row in page.rows if row["reason"] == "reservation") == self.reserved
            step = (len(self.past) * 7) % self.steps + 1
            moment = (START + timedelta(hours=step, minutes=30)).isoformat()
            _, standing = await products.moves(SELLER, self.id, await read_query(MOVES, {"at": moment}))
            assert (standing.stock, standing.reserved) == self.past[step - 1]

        self.loop.run_until_complete(read())


def test_any_sequence_of_changes(migrated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.new_event_loop()
    opening = open_runtime(migrated)
    loop.run_until_complete(opening.__aenter__())
    monkeypatch.setattr(LedgerMachine, "loop", loop, raising=False)
    try:
        run_state_machine_as_test(
            LedgerMachine,
            settings=settings(max_examples=15, stateful_step_count=15, suppress_health_check=list(HealthCheck)),
        )
    finally:
        loop.run_until_complete(opening.__aexit__(None, None, None))
        loop.close()
