"""One of several values in SQL."""

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import column

from mewayz.backend.several import numbered, one_of, padded


@given(st.lists(st.integers(), min_size=1, max_size=40))
def test_padding_adds_no_value_and_few_shapes(values: list[int]) -> None:
    found = padded(values)
    assert found[: len(values)] == tuple(values)
    assert set(found) == set(values)
    assert len(found).bit_count() == 1
    assert len(found) < 2 * len(values) or len(values) == 1


@given(st.integers(1, 20))
def test_what_is_bound_is_what_the_condition_asks_for(count: int) -> None:
    bound = one_of(column("status"), "status", count).compile().params
    assert set(bound) == set(numbered("status", range(count)))
