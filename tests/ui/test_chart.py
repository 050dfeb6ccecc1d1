"""What stands around a chart."""

from typing import Any

import reflex as rx

from mewayz.ui.chart import chart
from mewayz.ui.plot import Plot


class Drawn(rx.State):
    """A page with one chart."""

    plot: Plot = Plot()


def rendered(**options: Any) -> str:
    """The component as the page will hold it."""
    return str(chart(Drawn.plot, **options).render())


def test_the_key_of_an_outlook_names_its_range() -> None:
    text = rendered(expected=("Past", "Expected", "Its range"))
    assert all(name in text for name in ("Past", "Expected", "Its range"))
    assert "Its range" not in rendered()


def test_nothing_to_draw_is_said() -> None:
    assert "Come back later." in rendered(nothing="Come back later.")


def test_it_says_what_its_picture_is() -> None:
    text = rendered()
    assert all(f"data-{name}" in text for name in ("title", "period", "file", "key", "png"))
