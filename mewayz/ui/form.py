"""Forms: one column, label above, help and error below, a button that says its verb. Rendering only."""

from collections.abc import Mapping, Sequence
from typing import Any

import reflex as rx

from mewayz.ui.controls import CARD, FIELD, STICKY, banner, button, icon, link_button, skeleton, spinner
from mewayz.ui.form_field import Field
from mewayz.ui.leave import UnsavedGuard
from mewayz.ui.overlay import bare_dialog, confirm, select


def field(item: Field, *, value: Any = "", error: Any = "", signs: Any = None, offered: Any = None) -> rx.Component:
    """A labelled control. `value` is what it starts with; `error` makes it invalid and is read out with it.

    `signs` are the signs of the currency around an amount. `offered` is what a control that suggests values offers before its own: those
    that occur.
    """
    failed = error != ""
    described = rx.cond(failed, f"{item.id}_error", f"{item.id}_help" if item.help else "")
    marks: dict[str, Any] = {"aria_invalid": failed, "aria_describedby": described}
    below = [
        rx.cond(
            failed,
            rx.el.p(
                icon("circle-alert", class_name="size-3.5 mt-[3px]"),
                rx.el.span(error),
                id=f"{item.id}_error",
                class_name="flex gap-1.5 text-sm text-danger-text mt-1.5",
            ),
            rx.el.p(item.help, id=f"{item.id}_help", class_name="text-sm text-muted mt-1.5") if item.help else rx.fragment(),
        )
    ]
    if item.kind == "checkbox":
        return rx.el.div(
            rx.el.label(
                rx.el.input(type="checkbox", id=item.id, name=item.name, default_checked=value, class_name="size-4 accent-accent", **marks),
                rx.el.span(item.label, class_name="font-medium"),
                html_for=item.id,
                class_name="flex items-center gap-2.5 pointer-coarse:min-h-11",
            ),
            *below,
        )
    label = rx.el.label(
        item.label,
        *([] if item.required else [rx.el.span(" optional", class_name="font-normal text-faint")]),
        html_for=item.id,
        id=f"{item.id}_label",
        class_name="block font-medium mb-1.5",
    )
    return rx.el.div(label, _control(item, value, signs, marks, offered), *below, class_name="min-w-0 grow sm:basis-0")


def _control(item: Field, value: Any, signs: Any, marks: dict[str, Any], offered: Any) -> rx.Component:
    if item.kind == "select":
        return select(item.name, list(item.options), id=item.id, default_value=value, aria_labelledby=f"{item.id}_label {item.id}", **marks)
    if item.kind == "textarea":
        return rx.el.textarea(
            id=item.id,
            name=item.name,
            default_value=value,
            rows="4",
            class_name=f"{FIELD} h-auto pointer-coarse:h-auto py-1.5 resize-y",
            **marks,
        )
    kinds: dict[str, Any] = {"moment": "datetime-local", **{kind: kind for kind in ("email", "tel", "url", "password", "date")}}
    kind = kinds.get(item.kind, "text")
    modes = {"number": "decimal", "email": "email", "tel": "tel", "url": "url"}
    given: dict[str, Any] = {
        "id": item.id,
        "name": item.name,
        "default_value": value,
        "custom_attrs": {"aria-required": "true"} if item.required else {},
        **marks,
    }
    if item.kind == "money":
        return money_box(signs, **given)
    box = rx.el.input(
        type=kind,
        auto_complete=item.autocomplete or "off",
        required=None,
        **({"input_mode": modes[item.kind]} if item.kind in modes else {}),
        **({"list": f"{item.id}_options"} if item.kind == "suggest" else {}),
        class_name=FIELD + (" tabular-nums" if item.kind == "number" else ""),
        **given,
    )
    if item.kind == "suggest":
        occurring = [] if offered is None else [rx.foreach(offered, lambda one: rx.el.option(value=one, key=one))]
        known = [rx.el.option(value=value) for value, _ in item.options]
        return rx.fragment(box, rx.el.datalist(*occurring, *known, id=f"{item.id}_options"))
    return box


def money_box(signs: Any, *, class_name: str = "", **props: Any) -> rx.Component:
    """A control for an amount, with the sign of the currency where the shop writes it: before the amount, or after it."""

    def sign(text: Any, side: str) -> rx.Component:
        look = f"absolute {side}-2.5 top-1/2 -translate-y-1/2 text-muted pointer-events-none"
        return rx.el.span(text, aria_hidden="true", class_name=look)

    def room(text: Any) -> Any:
        return f"calc({text.to(str).length()} * 1.15ch + 1.125rem)"

    before, after = signs[0], signs[1]
    box = rx.el.input(
        type="text",
        input_mode="decimal",
        auto_complete="off",
        style={"paddingLeft": rx.cond(before != "", room(before), ""), "paddingRight": rx.cond(after != "", room(after), "")},
        class_name=f"{FIELD} tabular-nums {class_name}",
        **props,
    )
    return rx.el.div(sign(before, "left"), box, sign(after, "right"), class_name="relative")


def _lines(fields: Sequence[Field]) -> list[list[Field]]:
    lines: list[list[Field]] = []
    for item in fields:
        if item.half and lines and len(lines[-1]) == 1 and lines[-1][0].half:
            lines[-1].append(item)
        else:
            lines.append([item])
    return lines


def submit(verb: Any, busy: Any, class_name: str = "") -> rx.Component:
    """The button of a form: its verb, and progress while it works."""
    return button(rx.cond(busy, spinner(), rx.fragment()), verb, type="submit", variant="primary", disabled=busy, class_name=class_name)


def problem(state: Any) -> rx.Component:
    """What went wrong as a whole, read out at once."""
    return rx.el.div(
        rx.cond(
            state.error != "",
            banner(
                rx.el.p(state.error),
                rx.cond(
                    state.error_id != "", rx.el.p("Request id ", rx.el.code(state.error_id, class_name="font-mono"), class_name="mt-1")
                ),
                class_name="mb-5",
            ),
        ),
        role="alert",
        custom_attrs={"data-problem": "true"},
    )


def clash_box(state: Any) -> rx.Component:
    """Both values of each field that somebody else has changed otherwise, and the choice between them."""

    def line(clash: Any) -> rx.Component:
        def side(title: str, value: Any) -> rx.Component:
            return rx.el.div(
                rx.el.dt(title, class_name="text-sm text-muted"),
                rx.el.dd(value, class_name="font-medium mt-0.5 break-words whitespace-pre-line line-clamp-6"),
                class_name="grow basis-0 min-w-0 rounded-control bg-fill p-3",
            )

        return rx.el.li(
            rx.el.p(clash.label, class_name="font-medium mb-1.5"),
            rx.el.dl(side("Theirs", clash.theirs), side("Yours", clash.mine), class_name="flex gap-3"),
            key=clash.label,
        )

    saves = {"data-saves": "true"}
    return bare_dialog(
        None,
        rx.el.div(
            rx.el.h2("Somebody else changed this meanwhile", class_name="text-lg font-semibold"),
            rx.el.p("Nothing is saved yet. Whatever else you have changed is saved with either choice.", class_name="text-muted mt-1"),
            rx.el.ul(
                rx.foreach(state.clashes, line),
                class_name="mt-4 space-y-4 max-h-[50vh] overflow-y-auto",
                tab_index=0,
                aria_label="Two values",
            ),
            rx.el.div(
                button("Go on editing", on_click=state.go_on),
                button("Keep theirs", on_click=state.keep_theirs, custom_attrs=saves),
                button("Use mine", variant="primary", on_click=state.use_mine, custom_attrs=saves),
                class_name="flex flex-wrap justify-end gap-2 mt-5 max-sm:[&>*]:grow",
            ),
            class_name="p-5",
        ),
        label="Somebody else changed this meanwhile",
        open=state.clashes.length() > 0,
        on_open_change=lambda opened, _details: rx.cond(opened, rx.noop(), state.go_on()),
    )


def record_form(
    state: Any,
    *,
    verb: str,
    on_submit: Any,
    cancel: Any,
    sections: Sequence[tuple[str, Sequence[str]]] = (),
    parts: Sequence[rx.Component] = (),
    unless: Mapping[str, Any] | None = None,
) -> rx.Component:
    """The form of a room.

    Args:
        state: the FormState with its fields.
        verb: of the button: "Create product".
        on_submit: `state.add` or `state.save`.
        cancel: where the quiet button leads.
        sections: (heading, names of fields), when one list would be long.
        parts: what else is filled in, behind the sections.
        unless: conditions under which a field, by its name, is not asked for.
    """
    by_name = {item.name: item for item in state.fields}
    groups = [(title, [by_name[name] for name in names]) for title, names in sections] or [("", list(state.fields))]

    def draw(item: Field) -> rx.Component:
        offered = state.occurring if item.kind == "suggest" else None
        signs = state.signs if item.kind == "money" else None
        drawn = field(item, value=state.values[item.name], error=state.field_errors.get(item.name, ""), signs=signs, offered=offered)
        return rx.cond(unless[item.name], rx.fragment(), drawn) if unless and item.name in unless else drawn

    def section(title: str, items: list[Field]) -> rx.Component:
        heading = [rx.el.legend(title, class_name="float-left w-full text-base font-semibold mb-4")] if title else []
        rows = [rx.el.div(*map(draw, line), class_name="flex flex-col sm:flex-row gap-5") for line in _lines(items)]
        return rx.el.fieldset(*heading, rx.el.div(*rows, class_name="clear-both space-y-5"), class_name=f"{CARD} p-4 sm:p-6")

    form = rx.el.form(
        problem(state),
        rx.el.div(*[section(title, items) for title, items in groups], *parts, class_name="space-y-5"),
        rx.el.div(
            link_button("Cancel", to=cancel),
            submit(verb, state.saving),
            class_name=f"flex justify-end gap-2 mt-5 {STICKY} max-sm:[&>*]:grow",
        ),
        *([clash_box(state)] if hasattr(state, "clashes") else []),
        UnsavedGuard.create(refusals=getattr(state, "refusals", 0)),
        key=state.visit.to_string(),
        on_submit=on_submit,
        no_validate=True,
        custom_attrs={"data-guard": "true"},
    )
    waiting = rx.el.div(*[skeleton("h-8 w-full") for _ in state.fields], class_name=f"{CARD} p-6 space-y-8", aria_hidden="true")
    return rx.el.div(rx.cond(state.loaded, form, rx.cond(state.error != "", problem(state), waiting)), class_name="max-w-2xl")


def danger_zone(state: Any, *, noun: str, consequence: Any) -> rx.Component:
    """Deleting, apart from everything else: says what will happen and asks for the name."""
    body = rx.el.label(
        rx.el.span(
            "Type ", rx.el.strong(state.record_name, class_name="font-semibold select-all"), " to confirm", class_name="block mb-1.5"
        ),
        rx.el.input(name="typed_name", auto_complete="off", on_change=state.type_name, class_name=FIELD),
        class_name="block",
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2(f"Delete this {noun}", class_name="font-semibold"),
            rx.el.p(consequence, class_name="text-muted mt-0.5"),
            class_name="min-w-0 grow",
        ),
        confirm(
            button(f"Delete {noun}…", variant="caution"),
            title=f"Delete this {noun}?",
            consequence=consequence,
            verb=f"Delete {noun}",
            on_confirm=state.remove,
            body=body,
            blocked=(state.typed_name.strip() != state.record_name.strip()) | state.saving,
        ),
        class_name="max-w-2xl mt-8 flex flex-wrap items-center gap-4 rounded-card border border-danger/40 p-4 sm:p-6",
    )
