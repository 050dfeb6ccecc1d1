"""Setting up two-factor sign-in step by step: parts of the page of security, and a page of its own for those who must."""

from typing import Any

import reflex as rx

from mewayz.domains.auth.two_factor_state import CODE, CODES_TOLD, TwoFactor
from mewayz.ui.base import plain_link
from mewayz.ui.controls import FIELD, banner, button, button_class, icon
from mewayz.ui.form import problem, submit
from mewayz.ui.places import bare_page
from mewayz.ui.session import session_page
from mewayz.ui.step_up import step_up_dialog

_state: Any = TwoFactor
WHY = "Besides your password, sign-in asks for a code that only your phone knows. A stolen password alone opens nothing."


def _numbered(number: int, title: str, *content: Any) -> rx.Component:
    mark = rx.el.span(
        str(number),
        aria_hidden="true",
        class_name="grid place-items-center size-6 shrink-0 rounded-full border border-line-strong text-sm text-muted tabular-nums",
    )
    return rx.el.li(
        mark,
        rx.el.div(rx.el.h3(title, class_name="font-medium mt-0.5"), *content, class_name="min-w-0 grow"),
        class_name="flex gap-3",
    )


def _copy(what: Any, label: str) -> rx.Component:
    return button(icon("copy"), label, on_click=[rx.set_clipboard(what), _state.copied])


def scan_step(cancel: rx.Component | None = None) -> rx.Component:
    """The secret as a picture, as text and as a link; and the code that confirms it."""
    picture = rx.el.img(
        src=_state.qr_code,
        alt="QR code for your authenticator. The same key stands below as text.",
        class_name="size-48 rounded-control border border-line mt-3",
        style={"image-rendering": "pixelated"},
    )
    as_text = rx.el.div(
        rx.el.p("Or enter this key by hand:", class_name="text-muted"),
        rx.el.code(_state.secret_shown, id="totp_secret", class_name="block font-mono select-all break-words mt-1"),
        rx.el.div(
            _copy(_state.secret, "Copy key"),
            plain_link(icon("smartphone"), "Open in authenticator", href=_state.otpauth_url, class_name=button_class()),
            class_name="flex flex-wrap gap-2 mt-3",
        ),
        class_name="mt-4",
    )
    error = _state.field_errors.get(CODE.name, "")
    entry = rx.el.div(
        rx.el.label(CODE.label, html_for=CODE.id, class_name="sr-only"),
        rx.el.input(
            id=CODE.id,
            name=CODE.name,
            input_mode="numeric",
            auto_complete=CODE.autocomplete,
            placeholder="123 456",
            max_length=9,
            aria_invalid=error != "",
            aria_describedby="totp_told",
            class_name=f"{FIELD} max-w-40 font-mono tabular-nums",
        ),
        rx.el.p(
            rx.cond(error != "", error, CODE.help),
            id="totp_told",
            aria_live="polite",
            class_name=rx.cond(error != "", "text-sm text-danger-text mt-1.5", "text-sm text-muted mt-1.5"),
        ),
        class_name="mt-2",
    )
    buttons = rx.el.div(
        *([cancel] if cancel is not None else []),
        submit("Turn on", _state.busy),
        class_name="flex justify-end gap-2 mt-5",
    )
    return rx.el.form(
        rx.el.ol(
            _numbered(
                1,
                "Scan this picture with an authenticator",
                rx.el.p("Such as Aegis, 1Password, Google Authenticator or the passwords of your phone.", class_name="text-muted mt-0.5"),
                picture,
                as_text,
            ),
            _numbered(2, "Enter the code that it shows", entry),
            class_name="space-y-6",
        ),
        problem(_state),
        buttons,
        on_submit=_state.confirm,
        no_validate=True,
        on_unmount=_state.unscan,
    )


def codes_step(done: Any, verb: str = "I have kept them") -> rx.Component:
    """The backup codes, this once: to copy, to keep as a file, to print."""
    one = rx.foreach(_state.codes, lambda code: rx.el.li(code, class_name="font-mono tabular-nums"))
    return rx.el.div(
        banner(
            rx.el.p(
                "Keep these ten codes where you find them without your phone. They are shown only now.",
                id=CODES_TOLD,
                tab_index=-1,
                class_name="font-medium outline-none",
            ),
            rx.el.p("Each works once in place of a code of the authenticator.", class_name="mt-1"),
            tone="warning",
            role="status",
        ),
        rx.el.ul(
            one,
            id="backup_codes",
            aria_label="Backup codes",
            class_name="grid grid-cols-2 gap-x-8 gap-y-2 w-fit mx-auto my-6 text-lg select-all",
        ),
        rx.el.div(
            _copy(_state.codes.join("\n"), "Copy"),
            plain_link(
                icon("download"),
                "Download",
                href=_state.codes_file,
                custom_attrs={"download": "mewayz-backup-codes.txt"},
                class_name=button_class(),
            ),
            button(icon("printer"), "Print", on_click=rx.call_function("() => window.print()")),
            button(verb, variant="primary", on_click=done, class_name="sm:ml-auto"),
            class_name="flex flex-wrap gap-2 print:hidden",
        ),
        on_unmount=_state.leave,
    )


@bare_page("/enrol", title="Set up two-factor sign-in", load=[TwoFactor.arrive])
def enrol_page() -> rx.Component:
    """For those who must have a second factor before anything else."""
    begin = rx.el.div(
        problem(_state),
        button("Begin", variant="primary", on_click=_state.begin, class_name="w-full h-9"),
    )
    steps = rx.match(_state.step, ("scan", scan_step()), ("codes", codes_step(_state.go_on, "I have kept them, go on")), begin)
    leave = rx.el.button(
        "Sign out",
        type="button",
        custom_attrs={"data-session": "logout"},
        class_name="text-muted hover:text-text rounded-sm pointer-coarse:min-h-11",
    )
    return rx.fragment(
        session_page(
            steps,
            title="Set up two-factor sign-in",
            sentence=f"Your shop requires it for your account. {WHY}",
            wide=True,
            below=leave,
        ),
        step_up_dialog(),
    )
