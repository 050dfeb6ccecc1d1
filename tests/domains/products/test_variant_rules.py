"""Whatever happens to the variants of a product, in whatever order: its numbers are the sums of theirs, and these those of the ledger."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from mewayz.backend.crud import read_query
from mewayz.backend.errors import MewayzError
from mewayz.backend.runtime import open_runtime
from mewayz.backend.settings import Settings
from mewayz.domains.products.ledger import MOVES, Item
from mewayz.domains.products.model import Product
from mewayz.domains.products.service import products
from tests.domains.products.goods import SELLER

VALUES = ["S", "M", "L"]
ORDER = "0" * 24
STOCKS = st.dictionaries(st.sampled_from(VALUES), st.integers(0, 6), min_size=1)
COUNTS = st.integers(1, 5)


class VariantMachine(RuleBasedStateMachine):
    """One product whose sizes come and go, beside a model of what is shipped and may come back."""

    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.id = ""
        self.shipped: Counter[Item] = Counter()

    def do(self, work: Any) -> Any:
        try:
            return self.loop.run_until_complete(work)
        except MewayzError:
            return None

    def now(self) -> Product:
        return self.loop.run_until_complete(products.get(SELLER, self.id))

    def items(self) -> list[Item]:
        product = self.now()
        return [Item(product.id, one["id"]) for one in product.variants] or [Item(product.id)]

    @initialize(stocks=STOCKS, owing=st.booleans())
    def create(self, stocks: dict[str, int], owing: bool) -> None:
        variants = [{"values": [size], "stock": stock} for size, stock in stocks.items()]
        fields = {"name": "Tee", "price": "1", "inventory": {"allowBackorders": owing}}
        self.id = self.do(products.create(SELLER, {**fields, "options": [{"name": "Size", "values": VALUES}], "variants": variants})).id

    @rule(data=st.data(), count=COUNTS)
    def take(self, data: st.DataObject, count: int) -> None:
        self.do(products.take(SELLER, {data.draw(st.sampled_from(self.items())): count}, order_id=ORDER))

    def held(self) -> dict[Item, int]:
        product = self.now()
        found = {Item(product.id, one["id"]): one["reserved"] for one in product.variants} or {Item(product.id): product.reserved}
        return {item: count for item, count in found.items() if count}

    @rule(data=st.data(), ships=st.booleans())
    def end_a_reservation(self, data: st.DataObject, ships: bool) -> None:
        if held := self.held():
            item = data.draw(st.sampled_from(list(held)))
            count = data.draw(st.integers(1, held[item]))
            verb = products.ship if ships else products.release
            self.do(verb(SELLER, {item: count}, order_id=ORDER))
            self.shipped[item] += count if ships else 0

    @precondition(lambda self: self.shipped.total() > 0)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from([item for item, count in self.shipped.items() if count]))
        self.do(products.put_back(SELLER, {item: 1}, order_id=ORDER))
        self.shipped[item] -= 1

    @rule(data=st.data(), delta=st.integers(-5, 5).filter(bool))
    def by_hand(self, data: st.DataObject, delta: int) -> None:
        variant_id = data.draw(st.sampled_from(self.items())).variant_id
        self.do(products.adjust(SELLER, self.id, {"variantId": variant_id, "delta": delta, "reason": "correction"}))

    @rule(stocks=STOCKS)
    def rearrange(self, stocks: dict[str, int]) -> None:
        variants = [{"values": [size], "stock": stock} for size, stock in stocks.items()]
        self.do(products.update(SELLER, self.id, {"options": [{"name": "Size", "values": VALUES}], "variants": variants}))

    @rule(stock=st.none() | st.integers(0, 9))
    def do_without(self, stock: int | None) -> None:
        self.do(products.update(SELLER, self.id, {"options": [], "inventory": {"stock": stock}}))

    @invariant()
    def the_numbers_are_the_sums(self) -> None:
        if not self.id:
            return
        product = self.now()
        query = self.loop.run_until_complete(read_query(MOVES, {"limit": "100", "sort": "at"}))
        page, _ = self.loop.run_until_complete(products.moves(SELLER, self.id, query))
        stock: Counter[str | None] = Counter()
        reserved: Counter[str | None] = Counter()
        for row in page.rows:
            stock[row["variantId"]] += row["delta"]
            assert row["balance"] == stock[row["variantId"]]
            reserved[row["variantId"]] -= row["delta"] if row["reason"] == "reservation" else 0
        own = {one["id"]: (one["stock"], one["reserved"]) for one in product.variants} or {None: (product.stock, product.reserved)}
        assert {key: (stock[key], reserved[key]) for key in own} == own
        assert (stock.total(), reserved.total()) == (product.stock, product.reserved)
        assert (sum(one[0] for one in own.values()), sum(one[1] for one in own.values())) == (product.stock, product.reserved)
        assert product.allow_backorders or all(one[0] >= 0 for one in own.values())


def test_any_sequence_of_changes(migrated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.new_event_loop()
    opening = open_runtime(migrated)
    loop.run_until_complete(opening.__aenter__())
    monkeypatch.setattr(VariantMachine, "loop", loop, raising=False)
    try:
        run_state_machine_as_test(
            VariantMachine,
            settings=settings(max_examples=15, stateful_step_count=15, suppress_health_check=list(HealthCheck)),
        )
    finally:
        loop.run_until_complete(opening.__aexit__(None, None, None))
        loop.close()
