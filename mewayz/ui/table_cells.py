"""The cells of a table: the link of a row, what is only read, what is changed in place, and the box to choose the row."""

from typing import Any

import reflex as rx

from mewayz.ui.base import link
from mewayz.ui.controls import FIELD, button, status
from mewayz.ui.overlay import bare_dialog

CELL = "px-3 first:pl-4 last:pr-4 border-b border-line"
_BODY = f"{CELL} h-10 group-data-[density=compact]/table:h-8 group-data-[density=relaxed]/table:h-12"
_OPENER = (
    "-mx-1.5 px-1.5 py-0.5 rounded-sm cursor-default hover:bg-pressed [font-variant-numeric:inherit] pointer-coarse:pointer-events-none"
)
_REFUSED = "cell_refused"
_FIELD = f"{FIELD} h-7 px-1.5 min-w-20"


def figure_like(head: Any) -> Any:
    """Whether a column is aligned right."""
    return (head.kind == "number") | (head.kind == "money")


def wide(head: Any, look: str) -> Any:
    """The classes of a column's cells: where it is aligned, and on which screens it is there."""
    right, left = f"{look} text-right tabular-nums", f"{look} text-left"

    def on_screens(base: str) -> Any:
        return rx.match(head.wide, ("md", f"{base} hidden md:table-cell"), ("xl", f"{base} hidden xl:table-cell"), base)

    return rx.cond(figure_like(head), on_screens(right), on_screens(left))


def picking_cell(state: Any, row: Any) -> rx.Component:
    """The box that chooses a row; table.js hears it, because a range needs to know the shift key."""
    box = rx.el.input(
        type="checkbox",
        name="pick",
        key=f"{row.id} {state.round}",
        default_checked=state.selected.contains(row.id),
        aria_label=f"Select {row.cells[0].text}",
        custom_attrs={"data-pick": row.id},
        class_name="size-4 accent-accent block",
    )
    label = rx.el.label(box, class_name="relative z-10 grid place-items-center size-8 max-md:size-11 -m-2 max-md:-m-3 cursor-pointer")
    return rx.el.td(label, class_name=f"{_BODY} w-8 pr-0")


def _picture(row: Any) -> rx.Component:
    look = "size-7 max-md:size-10 shrink-0 rounded-sm border border-line bg-sunken"
    shown = rx.el.img(src=row.picture, alt="", loading="lazy", class_name=f"{look} object-cover")
    return rx.cond(row.picture != "", shown, rx.el.span(class_name=look, aria_hidden="true"))


def linking_cell(state: Any, row: Any, cell: Any) -> rx.Component:
    """The first cell, which leads to the record; on a phone, the whole card does."""
    name = rx.el.div(
        link(
            cell.text,
            to=row.href,
            title=cell.title,
            class_name=(
                "font-medium text-text truncate block rounded-sm group-hover/row:text-accent-text "
                "max-md:after:absolute max-md:after:inset-0"
            ),
        ),
        rx.el.div(row.summary, class_name="md:hidden text-sm text-muted font-normal line-clamp-2 break-words"),
        class_name="min-w-0 max-md:py-2",
    )
    look = f"{_BODY} text-left max-w-52"
    if not state.pictured:
        return rx.el.th(name, scope="row", class_name=f"{look} sm:max-w-80")
    both = rx.el.div(rx.cond(state.pictures, _picture(row)), name, class_name="flex items-center gap-3")
    width = rx.cond(state.pictures, f"{look} sm:max-w-64 2xl:max-w-80", f"{look} sm:max-w-80")
    return rx.el.th(both, scope="row", class_name=width)


def plain_cell(state: Any, row: Any, cell: Any, head: Any) -> rx.Component:
    """Any other cell; where it can be changed in place, a button that opens its field."""
    place = f"{row.id} {head.key}"
    shown = _shown(cell, head)
    opener = rx.el.button(
        shown,
        type="button",
        tab_index=-1,
        aria_label=f"Change {head.label}: {cell.text}",
        title="Double-click to change",
        custom_attrs={"data-edit": place},
        class_name=rx.cond(figure_like(head), _OPENER, f"{_OPENER} max-w-full"),
    )
    content = rx.cond((head.edit == "") | cell.fixed, shown, rx.cond(state.editing == place, _field(state, head), opener))
    return rx.el.td(content, key=head.key, class_name=wide(head, _BODY))


def _shown(cell: Any, head: Any) -> rx.Component:
    return rx.match(  # pyright: ignore[reportReturnType] (components in, a component out)
        head.kind,
        ("status", status(cell.text, cell.tone)),
        ("when", rx.el.time(cell.text, title=cell.title, class_name="whitespace-nowrap tabular-nums text-muted")),
        ("money", rx.el.span(cell.text, class_name="whitespace-nowrap")),
        ("number", rx.el.span(cell.text, class_name="whitespace-nowrap")),
        rx.el.span(cell.text, title=cell.title, class_name="block truncate max-w-56 text-muted"),
    )


def _field(state: Any, head: Any) -> rx.Component:
    marks: dict[str, Any] = {"data-cell": "true"}
    choice = rx.el.select(
        rx.foreach(head.choices, lambda one: rx.el.option(one.label, value=one.value)),
        name="cell",
        default_value=state.draft,
        auto_focus=True,
        aria_label=head.label,
        custom_attrs=marks,
        class_name=_FIELD,
    )
    failed = state.refused != ""
    box = rx.el.input(
        type="text",
        name="cell",
        default_value=state.draft,
        auto_focus=True,
        auto_complete="off",
        aria_label=head.label,
        aria_invalid=failed,
        aria_describedby=rx.cond(failed, _REFUSED, ""),
        custom_attrs=marks,
        class_name=rx.cond(figure_like(head), f"{_FIELD} max-w-28 ml-auto text-right tabular-nums", _FIELD),
    )
    why = rx.el.p(
        state.refused,
        id=_REFUSED,
        role="alert",
        class_name="text-sm text-danger-text text-left whitespace-normal max-w-56 ml-auto py-1",
    )
    return rx.el.form(
        rx.cond(head.edit == "choice", choice, box),
        rx.cond(failed, why, rx.fragment()),
        on_submit=state.commit,
        no_validate=True,
        class_name=rx.cond(failed, "pt-1.5", ""),
    )


def clash_dialog(state: Any) -> rx.Component:
    """Both values, when two people have changed the same cell, and the choice between them."""
    clash = state.clash

    def side(title: str, value: Any) -> rx.Component:
        return rx.el.div(
            rx.el.dt(title, class_name="text-sm text-muted"),
            rx.el.dd(value, class_name="font-medium mt-0.5 break-words"),
            class_name="grow basis-0 min-w-0 rounded-control bg-fill p-3",
        )

    return bare_dialog(
        None,
        rx.el.div(
            rx.el.h2("Somebody else changed this meanwhile", class_name="text-lg font-semibold"),
            rx.el.p(f"{clash.label} of “{clash.record}” is no longer what you saw.", class_name="text-muted mt-1"),
            rx.el.dl(side("Theirs", clash.theirs), side("Yours", clash.mine), class_name="flex gap-3 mt-4"),
            rx.el.div(
                button("Keep theirs", on_click=state.keep_theirs),
                button("Use mine", variant="primary", on_click=state.use_mine),
                class_name="flex justify-end gap-2 mt-5",
            ),
            class_name="p-5",
        ),
        label="Two values",
        open=state.clashing,
        on_open_change=lambda opened, _details: rx.cond(opened, rx.noop(), state.keep_theirs()),
    )
