"""The forms that sign in and set up: plain HTML that assets/session.js sends to the REST endpoints.

They do not go through the websocket, because it reads its cookie only when it opens.
"""

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx

from mewayz.ui.controls import FIELD, button, icon, spinner
from mewayz.ui.form_state import Field


def _control(item: Field, value: Any) -> rx.Component:
    attributes: dict[str, Any] = {"id": item.id, "name": item.name, "aria_describedby": f"{item.id}_error"}
    if item.kind == "checkbox":
        return rx.el.label(
            rx.el.input(type="checkbox", class_name="size-4 accent-accent", **attributes),
            rx.el.span(item.label),
            html_for=item.id,
            class_name="flex items-center gap-2.5 pointer-coarse:min-h-11",
        )
    if item.kind == "select":
        # A native list: hundreds of time zones, and no script until the page has loaded.
        options = [rx.el.option(label, value=key) for key, label in item.options]
        return rx.el.select(*options, default_value=value, class_name=FIELD, **attributes)
    box = rx.el.input(
        type=item.kind if item.kind in ("email", "password") else "text",
        default_value=value,
        auto_complete=item.autocomplete or "off",
        auto_capitalize="none" if item.kind in ("email", "password") else "sentences",
        class_name=FIELD + (" pr-10" if item.kind == "password" else ""),
        **attributes,
    )
    if item.kind != "password":
        return box
    reveal = rx.el.button(
        icon("eye"),
        type="button",
        aria_label="Show password",
        aria_pressed="false",
        custom_attrs={"data-reveal": item.id},
        class_name=(
            "absolute right-0 inset-y-0 px-2.5 pointer-coarse:px-3.5 rounded-control text-muted "
            "hover:text-text aria-pressed:text-accent-text"
        ),
    )
    return rx.el.div(box, reveal, class_name="relative")


def _field(item: Field, value: Any) -> rx.Component:
    label = rx.el.label(item.label, html_for=item.id, class_name="block font-medium mb-1.5")
    return rx.el.div(
        *([] if item.kind == "checkbox" else [label]),
        _control(item, value),
        *([rx.el.p(item.help, class_name="text-sm text-muted mt-1.5")] if item.help else []),
        rx.el.p(
            id=f"{item.id}_error", hidden=True, custom_attrs={"data-error-for": item.name}, class_name="text-sm text-danger-text mt-1.5"
        ),
    )


def session_form(
    kind: Literal["login", "setup"],
    fields: Sequence[Field],
    *,
    verb: str,
    values: dict[str, Any] | None = None,
    then: str = "",
) -> rx.Component:
    """A form that session.js sends.

    Args:
        kind: which endpoint answers it.
        fields: its controls.
        verb: of the button.
        values: what they start with.
        then: path to go to afterwards, instead of `?next=`.
    """
    return rx.el.form(
        rx.el.div(
            role="alert",
            hidden=True,
            custom_attrs={"data-alert": "true"},
            class_name="p-3 rounded-control bg-danger-soft text-danger-text",
        ),
        *[_field(item, (values or {}).get(item.name, "")) for item in fields],
        button(
            rx.el.span(spinner(), class_name="hidden group-aria-busy:inline"),
            verb,
            type="submit",
            variant="primary",
            class_name="group w-full h-9",
        ),
        method="post",
        action="/login",
        on_submit=None,
        no_validate=True,
        custom_attrs={"data-session": kind, **({"data-next": then} if then else {})},
        class_name="space-y-4",
    )


def session_page(*children: Any, title: str, sentence: Any = None, wide: bool = False) -> rx.Component:
    """The page around such a form: the mark, a heading, one column in the middle."""
    return rx.el.main(
        rx.el.div(
            rx.el.img(src="/logo.svg", alt="Mewayz", class_name="size-9 mb-6"),
            rx.el.h1(title, class_name="text-xl font-semibold"),
            *([rx.el.p(sentence, class_name="text-muted mt-1")] if sentence is not None else []),
            rx.el.div(*children, class_name="mt-6"),
            class_name=f"w-full {'max-w-lg' if wide else 'max-w-sm'}",
        ),
        class_name="min-h-dvh flex justify-center items-start px-5 pt-[14vh] pb-12",
    )
