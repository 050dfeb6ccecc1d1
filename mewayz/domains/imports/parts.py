"""What the pages of imports share: progress, a choice of two, and the table in which bad rows are mended."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from mewayz.backend.loads import Mode
from mewayz.ui.controls import CARD, FIELD, icon, progress, spinner

CELL = "px-3 sm:px-4 py-2.5 border-b border-line align-top"
HEAD = f"{CELL} text-left text-sm font-medium text-muted whitespace-nowrap"
MODES = (
    (Mode.UPSERT.value, "Update it", "Where the file says something else. Columns that the file does not have stay as they are."),
    (Mode.CREATE.value, "Refuse the row", "The file holds new records only."),
)


def at_work(state: Any) -> rx.Component:
    """How far the work is; without a known length it turns."""
    known = progress(state.share, state.doing)
    return rx.el.div(
        rx.cond(
            state.working,
            rx.el.div(
                rx.el.p(
                    spinner(),
                    rx.el.span(f"{state.doing}…"),
                    rx.cond(state.share > 0, rx.el.span(f"{state.share}%", class_name="ml-auto tabular-nums")),
                    class_name="flex items-center gap-2 text-muted mb-2",
                ),
                rx.cond(state.share > 0, known),
                class_name=f"{CARD} p-4 mb-4",
            ),
        ),
        role="status",
        aria_live="polite",
    )


def choice(legend: str, name: str, options: Sequence[tuple[str, str, str]], value: Any, on_change: Any) -> rx.Component:
    """One of a few, each with what it means."""

    def option(key: str, label: str, meaning: str) -> rx.Component:
        return rx.el.label(
            rx.el.input(
                type="radio",
                name=name,
                value=key,
                checked=value == key,
                on_change=lambda _: on_change(key),
                class_name="size-4 mt-0.5 shrink-0 accent-accent",
            ),
            # What is pressed is the label, however large the words are.
            rx.el.span(
                rx.el.span(label, class_name="block"),
                rx.el.span(meaning, class_name="block text-sm text-muted"),
                class_name="pointer-events-none",
            ),
            class_name="flex items-start gap-2.5 px-3.5 py-3 rounded-control border border-line has-[:checked]:border-accent",
        )

    return rx.el.fieldset(
        rx.el.legend(legend, class_name="font-medium mb-2"),
        rx.el.div(*[option(*one) for one in options], class_name="space-y-2"),
        class_name="min-w-0",
    )


def native(label: str, name: str, options: Any, value: Any, on_change: Any) -> rx.Component:
    """A choice from a short list that takes effect at once."""
    return rx.el.label(
        rx.el.span(label, class_name="block font-medium mb-1.5"),
        rx.el.select(
            *[rx.el.option(words, value=key) for key, words in options],
            name=name,
            value=value,
            on_change=on_change,
            class_name=FIELD,
        ),
        class_name="block",
    )


def mend_table(bad: Any, round_: Any) -> rx.Component:
    """Bad rows with a control per cell; the wrong ones are marked and say why. On a phone each row is a block."""

    def cell(one: Any, line: Any) -> rx.Component:
        wrong = one.wrong != ""
        box = rx.el.input(
            type="text",
            id=f"cell_{one.name}",
            name=one.name,
            default_value=one.value,
            aria_label=f"{one.label}, line {line.line}",
            aria_invalid=wrong,
            aria_describedby=rx.cond(wrong, f"wrong_{one.name}", ""),
            auto_complete="off",
            class_name=f"{FIELD} min-w-28",
        )
        return rx.el.td(
            rx.el.span(one.label, aria_hidden="true", class_name="md:hidden block text-sm text-muted mb-1"),
            box,
            rx.cond(wrong, rx.el.p(one.wrong, id=f"wrong_{one.name}", class_name="text-sm text-danger-text mt-1 max-w-56")),
            key=f"{round_} {one.name}",
            class_name=f"{CELL} max-md:block max-md:border-b-0 max-md:py-1.5",
        )

    def row(line: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(
                rx.el.span("Line ", class_name="md:sr-only"),
                line.line,
                rx.cond(
                    line.why != "",
                    rx.el.p(
                        icon("circle-alert", class_name="size-3.5 mt-[3px]"),
                        rx.el.span(line.why),
                        class_name="flex gap-1.5 text-sm text-danger-text font-normal mt-1 md:w-44",
                    ),
                ),
                scope="row",
                class_name=f"{CELL} text-left font-medium tabular-nums max-md:block max-md:border-b-0 max-md:pb-1",
            ),
            rx.foreach(line.cells, lambda one: cell(one, line)),
            key=line.line,
            class_name="max-md:block max-md:border-b max-md:border-line max-md:py-2 [&:last-child>*]:border-b-0 max-md:last:border-b-0",
        )

    heads = rx.el.tr(
        rx.el.th("Line", scope="col", class_name=HEAD),
        rx.foreach(bad[0].cells, lambda one: rx.el.th(one.label, scope="col", key=one.name, class_name=HEAD)),
    )
    return rx.el.div(
        rx.el.table(
            rx.el.caption("Rows that need attention", class_name="sr-only"),
            rx.el.thead(heads, class_name="max-md:sr-only"),
            rx.el.tbody(rx.foreach(bad, row), class_name="max-md:block"),
            class_name="w-full border-separate border-spacing-0 max-md:block",
        ),
        class_name="md:overflow-x-auto",
    )


def reasons(bad: Any) -> rx.Component:
    """Bad rows that are not mended cell by cell: where they stand, and why."""
    return rx.el.ul(
        rx.foreach(
            bad,
            lambda line: rx.el.li(rx.el.span(f"Line {line.line}: ", class_name="font-medium"), line.why, key=line.line, class_name="py-1"),
        ),
        class_name="px-4 pb-3",
    )
