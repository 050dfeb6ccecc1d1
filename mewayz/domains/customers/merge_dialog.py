"""What the customer's page says about duplicates and merges, and the dialog that merges."""

from typing import Any

import reflex as rx

from mewayz.domains.customers.merge_state import CustomerMerging
from mewayz.domains.customers.state import CustomerRecord
from mewayz.ui.controls import FIELD, banner, button, button_class, inline_link
from mewayz.ui.form import problem
from mewayz.ui.overlay import dialog
from mewayz.ui.places import permitted

# Lists to the states, Vars to the pages.
_record: Any = CustomerRecord
_merging: Any = CustomerMerging


def merge_messages() -> rx.Component:
    """That this customer may be here twice, and the merges that can still be undone."""

    def similar(one: Any) -> rx.Component:
        return rx.el.li(inline_link(one.name, to=f"/customers/{one.id}"), f" has the {one.why}.", key=one.id)

    def undoable(one: Any) -> rx.Component:
        undo = button("Undo", size="sm", on_click=_merging.undo(one.id))
        return banner(
            rx.el.div(
                rx.el.span(one.words, class_name="grow min-w-0"),
                permitted("customers:delete", undo),
                class_name="flex flex-wrap items-center gap-3",
            ),
            tone="success",
            key=one.id,
            class_name="mb-4",
        )

    twice = banner(
        rx.el.p("Perhaps the same customer", class_name="font-medium"),
        rx.el.ul(rx.foreach(_record.similar, similar), class_name="mt-1"),
        permitted("customers:delete", button("Compare and merge…", size="sm", on_click=_merging.show(True), class_name="mt-2")),
        tone="warning",
        class_name="mb-4",
    )
    return rx.fragment(rx.foreach(_record.undoable, undoable), rx.cond(_record.similar.length() > 0, twice))


def merge_dialog() -> rx.Component:
    """First who, then what becomes of both, then the button."""
    return dialog(
        None,
        problem(_merging),
        rx.cond(_merging.chosen == "", _choice(), _preview()),
        title=rx.cond(_merging.chosen == "", "Merge with another customer", f"Merge {_merging.chosen_name} into {_record.title}"),
        open=_merging.shown,
        on_open_change=_merging.show,
        class_name="sm:w-[40rem]",
    )


def _choice() -> rx.Component:
    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.el.span(one.name, class_name="font-medium block"),
                rx.el.span(one.more, class_name="text-sm text-muted block"),
                type="button",
                on_click=_merging.choose(one.id),
                class_name="w-full text-left px-2 py-2 rounded-control hover:bg-hover",
            ),
            key=one.id,
        )

    return rx.el.div(
        rx.el.p(
            "This customer stays. The other one becomes a part of it: its orders, addresses, tags and notes.", class_name="text-muted mb-3"
        ),
        rx.el.input(
            type="search",
            placeholder="Name, e-mail, company or reference",
            aria_label="Find the other customer",
            auto_complete="off",
            on_change=_merging.find,
            class_name=FIELD,
        ),
        rx.el.ul(rx.foreach(_merging.candidates, line), class_name="mt-2 -mx-2 min-h-24"),
    )


def _preview() -> rx.Component:
    cell = "py-1.5 pr-3 align-top text-left break-words max-sm:block max-sm:py-0.5"

    def line(one: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(one.label, scope="row", class_name=f"{cell} font-medium"),
            rx.el.td(rx.el.span("Here: ", class_name="sm:sr-only text-faint"), one.kept, class_name=f"{cell} text-muted"),
            rx.el.td(rx.el.span("There: ", class_name="sm:sr-only text-faint"), one.other, class_name=f"{cell} text-muted"),
            rx.el.td(
                rx.el.span("Becomes: ", class_name="sm:sr-only text-faint"),
                rx.el.span(one.result, class_name=rx.cond(one.changed, "font-medium text-accent-text", "")),
                class_name=cell,
            ),
            key=one.label,
            class_name="border-b border-line max-sm:block max-sm:py-2",
        )

    head = rx.el.tr(
        *[
            rx.el.th(word, scope="col", class_name=f"{cell} text-sm font-medium text-muted")
            for word in ("Field", "Here", "There", "Becomes")
        ]
    )
    return rx.el.div(
        rx.el.table(
            rx.el.caption("What differs", class_name="sr-only"),
            rx.el.thead(head, class_name="max-sm:sr-only"),
            rx.el.tbody(rx.foreach(_merging.lines, line)),
            class_name="w-full table-fixed text-sm max-sm:block",
        ),
        rx.el.p(_merging.moving, class_name="mt-4"),
        rx.foreach(_merging.remarks, lambda words: rx.el.p(words, class_name="mt-1 text-muted")),
        rx.el.p("This can be undone for 30 days.", class_name="mt-1 text-muted"),
        rx.el.div(
            button("Choose another", on_click=_merging.choose("")),
            rx.el.button(
                "Merge customers", type="button", on_click=_merging.merge, disabled=_merging.busy, class_name=button_class("primary")
            ),
            class_name="flex flex-wrap justify-end gap-2 mt-5",
        ),
    )
