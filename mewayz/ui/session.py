"""The pages before there is a session, and their forms: plain HTML that assets/identity.js sends to the REST endpoints.

They do not go through the websocket, because it reads its cookie only when it opens.
"""

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx

from mewayz.backend.passwords import RULE
from mewayz.ui.base import plain_link
from mewayz.ui.controls import CARD, FIELD, button, icon
from mewayz.ui.form_field import Field

Kind = Literal["login", "challenge", "register", "verify", "resend", "forgot", "reset", "invitation", "setup"]
"""Which endpoint answers a form; identity.js knows their addresses."""

_QUIET = (
    "text-accent-text underline-offset-2 hover:underline rounded-sm py-0.5 pointer-coarse:inline-flex pointer-coarse:items-center "
    "pointer-coarse:min-h-11"
)
PASSKEYS_ONLY = "[[data-no-passkeys]_&]:hidden"
"""Hides what a browser without passkeys cannot use, or no browser at this address."""


def identity_script() -> rx.Component:
    """Fetch the script of passwords and passkeys with the page; session.js would do so when somebody first touches one."""
    return rx.el.link(rel="modulepreload", href="/identity.js")


def quiet_link(text: Any, *, href: str, class_name: str = "", **props: Any) -> rx.Component:
    """A link from one of these pages to another: a navigation, after which nothing is left of the page before."""
    return plain_link(text, href=href, class_name=f"{_QUIET} {class_name}", **props)


def needs_a_name(nameless: Any, href: Any, name: Any, otherwise: rx.Component | None = None) -> rx.Component:
    """Says that passkeys need a name in the address instead of numbers, and leads to the same page at one, when it is known.

    Args:
        nameless: whether the page stands at numbers.
        href: the same page at a name, or "".
        name: how that is called.
        otherwise: what is shown at a name.
    """
    there = rx.cond(
        href != "",
        rx.fragment(", such as ", quiet_link(name, href=href, class_name="underline"), ". Sign in there: it is a session of its own."),
        ". Ask who runs this shop for it.",
    )
    told = rx.el.p("Passkeys do not work at an address of numbers. They need a name", there, class_name="text-sm text-muted mt-3")
    return rx.cond(nameless, told, otherwise or rx.fragment())


def quiet_button(text: Any, class_name: str = "", **attributes: str) -> rx.Component:
    """A button that looks like such a link; `attributes` tell identity.js what it does (`choose="backup"`)."""
    marks = {f"data-{name.replace('_', '-')}": value for name, value in attributes.items()}
    return rx.el.button(text, type="button", custom_attrs=marks, class_name=f"{_QUIET} {class_name}")


def strength_meter(field: str, hint: str = RULE) -> rx.Component:
    """Four bars and a sentence that says what to do next about the new password in the form's control named `field`.

    The password is judged in the page (identity.js) and sent nowhere for it. The sentence has the id `strength_<field>`.
    """
    bars = [rx.el.span(class_name="h-1 grow rounded-full bg-n5 transition-colors") for _ in range(4)]
    return rx.el.div(
        rx.el.div(*bars, aria_hidden="true", custom_attrs={"data-bars": "true"}, class_name="flex gap-1"),
        rx.el.p(
            hint,
            id=f"strength_{field}",
            aria_live="polite",
            custom_attrs={"data-advice": hint},
            class_name="text-sm text-muted mt-1.5 min-h-10",
        ),
        custom_attrs={"data-strength": field},
        class_name="mt-2",
    )


def _is_new(item: Field) -> bool:
    """Whether this is where a new password is chosen, not where it is repeated."""
    return item.autocomplete == "new-password" and item.name == "password"


def _checkbox(item: Field, attributes: dict[str, Any]) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", class_name="size-4 mt-0.5 shrink-0 accent-accent", **attributes),
        rx.el.span(item.label),
        html_for=item.id,
        class_name="flex items-start gap-2.5 pointer-coarse:min-h-11 pointer-coarse:items-center pointer-coarse:[&>input]:mt-0",
    )


def _control(item: Field, value: Any, marks: dict[str, str]) -> rx.Component:
    described = [f"{item.id}_error"]
    if item.help:
        described.append(f"strength_{item.name}" if _is_new(item) else f"{item.id}_help")
    needed = {"aria-required": "true"} if item.required else {}
    attributes: dict[str, Any] = {
        "id": item.id,
        "name": item.name,
        "aria_describedby": " ".join(described),
        "custom_attrs": {**needed, **marks},
    }
    if item.kind == "checkbox":
        return _checkbox(item, attributes)
    if item.kind == "select":
        # A native list: hundreds of time zones, and no script until the page has loaded.
        options = [rx.el.option(label, value=key) for key, label in item.options]
        return rx.el.select(*options, default_value=value, class_name=FIELD, **attributes)
    box = rx.el.input(
        type=item.kind if item.kind in ("email", "password") else "text",
        default_value=value,
        auto_complete=item.autocomplete or "off",
        auto_capitalize="none" if item.kind in ("email", "password") else "sentences",
        class_name=FIELD + " h-9" + (" pr-10" if item.kind == "password" else ""),
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


def session_field(item: Field, value: Any = "", *, aside: rx.Component | None = None, **marks: str) -> rx.Component:
    """A labelled control; `marks` become data attributes of it.

    Args:
        item: what it is. A new password gets a strength meter, whose first words are its help.
        value: what it starts with.
        aside: a link opposite the label. It comes after the control, so that the tabulator goes from field to field.
        marks: `repeats="password"`, or `must=` with what to say when a box is not ticked.
    """
    words = [item.label] if item.required else [item.label, rx.el.span(" (optional)", class_name="font-normal text-muted")]
    label = rx.el.label(*words, html_for=item.id, class_name="block font-medium mb-1.5")
    below = [rx.el.p(item.help, id=f"{item.id}_help", class_name="text-sm text-muted mt-1.5")] if item.help else []
    return rx.el.div(
        *([] if item.kind == "checkbox" else [label]),
        _control(item, value, {f"data-{name}": text for name, text in marks.items()}),
        *([rx.el.div(aside, class_name="absolute right-0 top-0 text-sm -mt-px pointer-coarse:-mt-[18px]")] if aside is not None else []),
        error_line(item.name, item.id),
        *([strength_meter(item.name, item.help)] if _is_new(item) and item.help else below),
        class_name="relative min-w-0 grow",
    )


def error_line(name: str, control_id: str) -> rx.Component:
    """Where identity.js puts what is wrong with the control of this name."""
    return rx.el.p(
        id=f"{control_id}_error", hidden=True, custom_attrs={"data-error-for": name}, class_name="text-sm text-danger-text mt-1.5"
    )


def alert_line() -> rx.Component:
    """Where identity.js puts what is wrong as a whole; read out at once."""
    return rx.el.div(
        role="alert",
        hidden=True,
        custom_attrs={"data-alert": "true"},
        class_name="p-3 rounded-control bg-danger-soft text-danger-text",
    )


def busy_ring() -> rx.Component:
    """Progress of the button around it; a ring without an icon, because these pages weigh every kilobyte."""
    return rx.el.span(
        class_name="hidden group-aria-busy:block size-3.5 rounded-full border-2 border-current border-t-transparent animate-spin"
    )


def submit_button(verb: str) -> rx.Component:
    """The one primary action of a form, with its progress."""
    return button(busy_ring(), verb, type="submit", variant="primary", class_name="group w-full h-9")


def session_form(
    kind: Kind,
    fields: Sequence[Field | rx.Component],
    *,
    verb: str,
    values: dict[str, Any] | None = None,
    then: str = "",
    class_name: str = "",
    **marks: str,
) -> rx.Component:
    """A form that identity.js sends.

    Args:
        kind: which endpoint answers it.
        fields: its controls.
        verb: of the button.
        values: what they start with.
        then: path to go to after signing in, instead of `?next=`.
        class_name: more of its look.
        marks: data attributes: `after=` the step to show afterwards, `expired=` the one for a link that is too old,
            `link=` takes the token of the address along, `method=` names a second factor.
    """
    attributes = {"data-session": kind, **({"data-next": then} if then else {}), **{f"data-{name}": text for name, text in marks.items()}}
    return rx.el.form(
        alert_line(),
        *[session_field(item, (values or {}).get(item.name, "")) if isinstance(item, Field) else item for item in fields],
        submit_button(verb),
        method="post",
        action="/login",
        on_submit=None,
        no_validate=True,
        custom_attrs=attributes,
        class_name=f"space-y-4 {class_name}",
    )


def heading(title: Any, sentence: Any = None) -> rx.Component:
    """What a step is, and what to do in it. identity.js puts the focus here when nothing is to be entered."""
    return rx.el.div(
        rx.el.h1(title, tab_index=-1, class_name="text-xl font-semibold outline-none"),
        *([rx.el.p(sentence, class_name="text-muted mt-1.5")] if sentence is not None else []),
        class_name="mb-6",
    )


def step(name: str, *children: Any, title: Any, sentence: Any = None, first: bool = False) -> rx.Component:
    """One of several things that a page shows in turn; identity.js changes between them without a navigation."""
    return rx.el.section(heading(title, sentence), *children, hidden=not first, custom_attrs={"data-step": name})


def filled(name: str, otherwise: str) -> rx.Component:
    """A text that identity.js fills in, such as the address that a mail went to."""
    return rx.el.span(otherwise, custom_attrs={"data-fill": name}, class_name="font-medium text-text break-words")


def session_page(
    *children: Any, title: Any = None, sentence: Any = None, wide: bool = False, below: Any = None, below_in: str = ""
) -> rx.Component:
    """The page around such a form: the mark, and one card in the middle; on a phone the card is the page.

    Args:
        children: the form, or the steps, which have headings of their own.
        title: heading above `children`.
        sentence: below the heading.
        wide: for longer forms.
        below: under the card: the way to another of these pages.
        below_in: the steps in which that is shown, when not in all.
    """
    marks = {"data-step": below_in} if below_in else {}
    return rx.el.main(
        rx.el.div(
            rx.el.div(
                rx.el.img(src="/logo.svg", alt="", class_name="size-7"),
                rx.el.span("Mewayz", class_name="text-lg font-semibold"),
                class_name="flex items-center gap-2.5 mb-6 sm:justify-center",
            ),
            rx.el.div(
                *([heading(title, sentence)] if title is not None else []),
                *children,
                class_name=f"{CARD} sm:p-8 sm:shadow-lift max-sm:border-0 max-sm:bg-transparent max-sm:rounded-none",
            ),
            *([rx.el.div(below, class_name="mt-6 sm:text-center text-muted", custom_attrs=marks)] if below is not None else []),
            class_name=f"w-full {'max-w-lg' if wide else 'max-w-[25rem]'}",
        ),
        class_name="min-h-dvh flex justify-center items-start px-5 pt-8 sm:pt-[10vh] pb-12",
    )
