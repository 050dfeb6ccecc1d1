"""What stands below a figure: its picture, its numbers as a file, and how it is computed."""

from typing import Any

import reflex as rx

from mewayz.ui.base import plain_link

TOOL = "w-fit text-sm text-muted hover:text-text cursor-pointer rounded-sm py-0.5 pointer-coarse:py-3"


def picture_of_table(period: Any) -> rx.Component:
    """Saves the table of the card that it stands in as a picture (chart.js), which says of which days and filters it is."""
    return rx.el.button("Save as PNG", type="button", custom_attrs={"data-table-png": "", "data-period": period}, class_name=TOOL)


def csv_link(file: Any) -> rx.Component:
    """The numbers of a chart or table as a file."""
    return plain_link("Save as CSV", href=file, download="", class_name=TOOL)


def how(about: Any) -> rx.Component:
    """What a figure means, one click away."""
    return rx.el.details(
        rx.el.summary("How is this computed", class_name=TOOL), rx.el.p(about, class_name="text-sm text-muted max-w-prose mt-1")
    )
