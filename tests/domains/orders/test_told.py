"""What a list of orders says that it comes to."""

from types import SimpleNamespace
from typing import Any

from mewayz.domains.orders.state import told
from mewayz.ui.words import Locale


def test_a_sum_is_rounded_for_people() -> None:
    found: Any = SimpleNamespace(wire=lambda: {"gross": "952838.382"}, orders=2_807, buyers=1)
    assert told(found, "sales", Locale()) == "Gross sales £952,838.38, 2,807 orders of 1 customer"
