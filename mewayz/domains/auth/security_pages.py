"""The page of security: password, two-factor sign-in, passkeys, sessions."""

from typing import Any

import reflex as rx

from mewayz.domains.auth.enrol_pages import WHY, codes_step, scan_step
from mewayz.domains.auth.security_state import CURRENT, NAME, NEW, REPEAT, SESSIONS_TITLE, PasskeyList, PasswordSettings, SessionList
from mewayz.domains.auth.settings_pages import setting, settings_page, waiting
from mewayz.domains.auth.two_factor_state import PASSKEYS_TITLE, TITLE, TwoFactor
from mewayz.ui.controls import FIELD, badge, button, icon, icon_button, status
from mewayz.ui.form import field, problem, submit
from mewayz.ui.overlay import confirm
from mewayz.ui.places import page
from mewayz.ui.session import PASSKEYS_ONLY, identity_script, needs_a_name, strength_meter

_password: Any = PasswordSettings
_two_factor: Any = TwoFactor
_passkeys: Any = PasskeyList
_sessions: Any = SessionList
_ROW = "flex flex-wrap items-center gap-x-4 gap-y-2 py-3 border-t border-line first:border-t-0"
# What passkeys.js has put there is handed over once, and does not stay in the page.
_TAKE_CODES = rx.Var(
    "((place) => { const text = place?.textContent ?? ''; if (place) place.textContent = ''; return text; })"
    "(document.querySelector('[data-passkey-codes]'))"
).to(str)


def _password_section() -> rx.Component:
    errors = _password.field_errors
    form = rx.el.form(
        problem(_password),
        # For password managers, which keep the two together, and for the meter, which wants neither in the password.
        rx.el.input(
            type="email", name="email", value=_password.email, read_only=True, auto_complete="username", hidden=True, aria_label="E-mail"
        ),
        rx.el.input(type="hidden", name="name", value=_password.name),
        rx.el.div(
            field(CURRENT, error=errors.get(CURRENT.name, "")),
            # What is wrong with it says what to do, and the meter's sentence need not say it again.
            rx.el.div(
                field(NEW, error=errors.get(NEW.name, "")),
                strength_meter(NEW.name),
                class_name="[&:has([aria-invalid=true])_[data-strength]]:hidden",
            ),
            field(REPEAT, error=errors.get(REPEAT.name, "")),
            class_name="space-y-5",
        ),
        rx.el.div(submit("Change password", _password.saving), class_name="flex justify-end mt-5"),
        key=_password.visit.to_string(),
        on_submit=_password.save,
        no_validate=True,
        class_name="mt-5",
    )
    return setting("Password", "Changing it signs all your other sessions out.", form, class_name="print:hidden")


def _factors() -> rx.Component:
    """What is on: the authenticator, the backup codes, and what can be done about them."""
    left = _two_factor.codes_left
    any_factor = _two_factor.totp | (_two_factor.passkeys > 0)
    authenticator = rx.el.div(
        icon("smartphone", class_name="size-5 text-muted"),
        rx.el.div(
            rx.el.div("Authenticator", class_name="font-medium"),
            rx.cond(_two_factor.totp, status("On", "success"), rx.el.span("Not set up", class_name="text-muted")),
            class_name="min-w-0 grow",
        ),
        rx.cond(
            _two_factor.totp,
            rx.cond(
                _two_factor.required & (_two_factor.passkeys == 0),
                rx.el.span("Your account needs it. To turn it off, add a passkey first.", class_name="text-sm text-muted"),
                button("Turn off…", on_click=_two_factor.ask("off"), variant="caution"),
            ),
            button("Set up", variant="primary", on_click=_two_factor.begin),
        ),
        class_name=_ROW,
    )
    low = rx.el.span(f"{left} of 10 left", class_name=rx.cond(left < 3, "text-warning-text font-medium", "text-muted"))
    codes = rx.el.div(
        icon("list-checks", class_name="size-5 text-muted"),
        rx.el.div(rx.el.div("Backup codes", class_name="font-medium"), low, class_name="min-w-0 grow"),
        button("New codes…", on_click=_two_factor.ask("codes")),
        class_name=_ROW,
    )
    return rx.el.div(problem(_two_factor), authenticator, rx.cond(any_factor, codes), class_name="mt-4 -mb-3")


def _two_factor_section() -> rx.Component:
    leave = [_two_factor.leave, rx.set_focus(TITLE)]
    cancel = button("Cancel", on_click=leave)
    on = _two_factor.totp | (_two_factor.passkeys > 0)
    asked = [
        confirm(
            None,
            title="Turn the authenticator off?",
            consequence="Its codes no longer work. Without another factor your password alone opens the account.",
            verb="Turn off",
            on_confirm=_two_factor.turn_off,
            open=_two_factor.asking == "off",
            on_open_change=_two_factor.show,
        ),
        confirm(
            None,
            title="Make new backup codes?",
            consequence="The codes that you have now stop working at once.",
            verb="Make new codes",
            on_confirm=_two_factor.renew,
            open=_two_factor.asking == "codes",
            on_open_change=_two_factor.show,
        ),
    ]
    content = rx.match(
        _two_factor.step,
        ("scan", rx.el.div(scan_step(cancel), class_name="mt-6")),
        ("codes", rx.el.div(codes_step(leave), class_name="mt-5")),
        _factors(),
    )
    required = rx.cond(_two_factor.required, badge("Required"))
    return setting(
        "Two-factor sign-in",
        WHY,
        content,
        *asked,
        action=rx.el.div(required, rx.cond(on, badge("On", "success"), badge("Off")), class_name="flex gap-1.5"),
        name=TITLE,
    )


def _passkey(row: Any) -> rx.Component:
    name_form = rx.el.form(
        rx.el.label("Name of the passkey", html_for=NAME.id, class_name="sr-only"),
        rx.el.div(
            rx.el.input(
                id=NAME.id,
                name=NAME.name,
                default_value=row.name,
                max_length=60,
                auto_complete="off",
                aria_invalid=_passkeys.field_errors.contains(NAME.name),
                aria_describedby="passkey_name_error",
                class_name=FIELD,
            ),
            rx.el.p(_passkeys.field_errors.get(NAME.name, ""), id="passkey_name_error", class_name="text-sm text-danger-text empty:hidden"),
            class_name="grow basis-48",
        ),
        button("Save", type="submit", variant="primary"),
        button("Cancel", on_click=_passkeys.cancel),
        on_submit=_passkeys.save_name,
        no_validate=True,
        class_name="flex flex-wrap grow items-start gap-2",
    )
    shown = rx.fragment(
        rx.el.div(
            rx.el.div(row.name, class_name="font-medium truncate", title=row.name),
            rx.el.div(row.uses, class_name="text-sm text-muted"),
            class_name="min-w-0 grow basis-40",
        ),
        rx.el.div(
            icon_button("pencil", f"Rename {row.name}", on_click=_passkeys.rename(row.id)),
            icon_button("trash-2", f"Remove {row.name}", on_click=_passkeys.ask_remove(row.id)),
            class_name="flex gap-1",
        ),
    )
    return rx.el.li(
        icon("key-round", class_name="size-5 text-muted"),
        rx.cond(_passkeys.renaming == row.id, name_form, shown),
        key=row.id,
        class_name=_ROW,
    )


def _new_passkey() -> rx.Component:
    """The browser makes it (passkeys.js), and presses the hidden button when the server has it."""
    return rx.el.div(
        rx.el.label("Name, to tell it from others", html_for="passkey_name", class_name="block font-medium mb-1.5"),
        rx.el.input(
            id="passkey_name",
            name="passkey_name",
            auto_complete="off",
            placeholder="Work laptop",
            max_length=60,
            auto_focus=True,
            class_name=FIELD,
        ),
        rx.el.p(role="alert", hidden=True, custom_attrs={"data-alert": "true"}, class_name="text-sm text-danger-text mt-1.5"),
        rx.el.div(
            button("Cancel", on_click=_passkeys.cancel),
            button(
                "Create passkey",
                variant="primary",
                custom_attrs={"data-passkey": "add", "data-passkey-name": "passkey_name"},
            ),
            class_name="flex justify-end gap-2 mt-4",
        ),
        rx.el.button(type="button", hidden=True, on_click=_passkeys.added(_TAKE_CODES), custom_attrs={"data-passkey-added": "true"}),
        rx.el.span(custom_attrs={"data-passkey-codes": "true"}, aria_hidden="true", class_name="sr-only select-none"),
        class_name="mt-5 pt-5 border-t border-line",
    )


def _passkey_section() -> rx.Component:
    rows = rx.el.ul(rx.foreach(_passkeys.rows, _passkey), class_name="mt-4 -mb-3", aria_label="Passkeys")
    add = rx.cond(
        ~_passkeys.adding & ~_passkeys.nameless, button(icon("plus"), "Add a passkey", on_click=_passkeys.add, class_name=PASSKEYS_ONLY)
    )
    gone = rx.el.p(
        "This browser cannot use passkeys on this page.", class_name="hidden [[data-no-passkeys]_&]:block text-sm text-muted mt-3"
    )
    return setting(
        "Passkeys",
        "Sign in with the fingerprint, face or screen lock of a device, or with a security key. Nothing to type, nothing to phish.",
        problem(_passkeys),
        needs_a_name(_passkeys.nameless, _passkeys.named_href, _passkeys.named, gone),
        rx.cond(_passkeys.adding, _new_passkey()),
        rx.cond(_passkeys.rows.length() > 0, rows),
        confirm(
            None,
            title=f"Remove “{_passkeys.removing_name}”?",
            consequence="It no longer signs you in here. Delete it on the device too, where it would still be offered.",
            verb="Remove passkey",
            on_confirm=_passkeys.remove,
            open=_passkeys.removing != "",
            on_open_change=_passkeys.show_remove,
        ),
        action=add,
        name=PASSKEYS_TITLE,
        class_name="print:hidden",
    )


def _session(row: Any) -> rx.Component:
    mark = "size-5 text-muted"
    return rx.el.li(
        rx.cond(row.phone, icon("smartphone", class_name=mark), icon("monitor", class_name=mark)),
        rx.el.div(
            rx.el.div(
                rx.el.span(row.device, class_name="font-medium"),
                rx.cond(row.current, badge("This session", "accent")),
                class_name="flex flex-wrap items-center gap-2",
            ),
            rx.el.div(row.place, class_name="text-sm text-muted break-words"),
            class_name="min-w-0 grow basis-32",
        ),
        rx.cond(~row.current, button("Sign out", aria_label=f"Sign out {row.device}", on_click=_sessions.end(row.id))),
        key=row.id,
        class_name=_ROW,
    )


def _session_section() -> rx.Component:
    others = button("Sign out all others", on_click=_sessions.end_others)
    return setting(
        "Sessions",
        "Where you are signed in. Sign out what you do not know, and change your password then.",
        problem(_sessions),
        rx.el.ul(rx.foreach(_sessions.rows, _session), class_name="mt-4 -mb-3", aria_label="Sessions"),
        action=rx.cond(_sessions.rows.length() > 1, others),
        name=SESSIONS_TITLE,
        class_name="print:hidden",
    )


@page(
    "/settings/security",
    title="Security",
    load=[PasswordSettings.load, TwoFactor.arrive, PasskeyList.load, SessionList.load],
)
def security_page() -> rx.Component:
    """How one signs in, and where one is signed in."""
    loaded = _two_factor.loaded & _passkeys.loaded & _sessions.loaded
    parts = rx.el.div(_password_section(), _two_factor_section(), _passkey_section(), _session_section(), class_name="space-y-5")
    waits = rx.el.div(waiting("h-80"), waiting("h-48"), waiting(), waiting(), class_name="space-y-5")
    return rx.fragment(identity_script(), settings_page("/settings/security", rx.cond(loaded, parts, waits)))
