"""Sign-in with its second factor, and the set-up of an empty installation."""

from typing import Any
from zoneinfo import available_timezones

import reflex as rx
from babel.numbers import get_currency_name

from mewayz.backend.passwords import RULE
from mewayz.domains.auth.payloads import currencies
from mewayz.domains.auth.state import Arrival
from mewayz.ui.controls import FIELD, button, icon
from mewayz.ui.form_field import Field
from mewayz.ui.places import bare_page
from mewayz.ui.session import (
    PASSKEYS_ONLY,
    alert_line,
    busy_ring,
    error_line,
    needs_a_name,
    quiet_button,
    quiet_link,
    session_field,
    session_form,
    session_page,
    step,
)
from mewayz.ui.ways import SignedOut

_COMMON = ("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "JPY", "CNY", "INR", "BRL", "SEK", "NOK", "DKK", "PLN", "CZK", "ZAR")

# What components see of a state is vars, not values.
_arrival: Any = Arrival
_signed_out: Any = SignedOut


def _passkey_button(words: str, use: str, class_name: str = "") -> rx.Component:
    return button(
        rx.el.span(icon("key-round"), class_name="group-aria-busy:hidden"),
        busy_ring(),
        words,
        custom_attrs={"data-passkey": use},
        class_name=f"group w-full h-9 {class_name}",
    )


def _first_step() -> rx.Component:
    """E-mail and password, or a passkey instead of both."""
    form = session_form(
        "login",
        [
            Field("email", "E-mail", "email", autocomplete="username webauthn", required=True),
            session_field(
                Field("password", "Password", "password", autocomplete="current-password", required=True),
                aside=quiet_link("Forgot your password?", href="/forgot"),
            ),
            Field("rememberMe", "Keep me signed in for a week", "checkbox"),
        ],
        verb="Sign in",
    )
    hint = rx.el.p(
        "Registered but not confirmed yet? ",
        quiet_link("Send the link again", href="/resend", class_name="underline"),
        hidden=True,
        custom_attrs={"data-hint": "true"},
        class_name="text-sm text-muted mt-3",
    )
    line = rx.el.span(class_name="grow border-t border-line")
    passkey = rx.el.div(
        rx.el.div(line, "or", line, aria_hidden="true", class_name="flex items-center gap-3 text-sm text-muted"),
        alert_line(),
        _passkey_button("Continue with a passkey", "sign-in"),
        class_name=f"flex flex-col gap-4 mt-4 {PASSKEYS_ONLY}",
    )
    elsewhere = needs_a_name(_arrival.nameless, _arrival.named_href, _arrival.named)
    ended = rx.cond(_signed_out.ended, rx.el.p("You have been signed out.", role="status", class_name="mb-4 text-muted"))
    return step("first", ended, form, rx.cond(_arrival.registration_open, hint), passkey, elsewhere, title="Sign in to Mewayz", first=True)


def _second_step() -> rx.Component:
    """One field for a code of the authenticator or a backup code, and a passkey; second-factor.js says which the account has."""
    name = "code"
    code = rx.el.div(
        rx.el.label(html_for=name, class_name="block font-medium mb-1.5"),
        rx.el.input(
            type="text",
            id=name,
            name=name,
            auto_capitalize="none",
            spell_check=False,
            aria_describedby=f"{name}_error {name}_help",
            custom_attrs={"data-focus": "true"},
            class_name=f"{FIELD} text-lg text-center tabular-nums tracking-[0.2em]",
        ),
        error_line(name, name),
        rx.el.p(id=f"{name}_help", class_name="text-sm text-muted mt-1.5"),
    )
    others = rx.el.div(
        alert_line(),
        _passkey_button("Use a passkey", "second", PASSKEYS_ONLY),
        quiet_button("", other_code="true"),
        quiet_button("Start again", start_again="true"),
        class_name="flex flex-col items-start gap-2 mt-4",
    )
    form = session_form("challenge", [code], verb="Continue")
    return step("second", form, others, title="Two-factor sign-in", sentence="One more step to make sure that it is you.")


@bare_page("/login", title="Sign in", load=[Arrival.at_login])
def login_page() -> rx.Component:
    """E-mail and password, and the second factor in their place."""
    register = rx.cond(
        _arrival.registration_open,
        rx.el.p("New to Mewayz? ", quiet_link("Create an account", href="/register", class_name="underline")),
        rx.el.p("An account? Ask an administrator of the shop for an invitation."),
    )
    return session_page(_first_step(), _second_step(), below=register, below_in="first")


def _currencies() -> tuple[tuple[str, str], ...]:
    """ISO 4217 codes with their names, the common ones first."""
    others = sorted(currencies() - set(_COMMON))
    return tuple((code, f"{code} – {get_currency_name(code, locale='en')}") for code in (*_COMMON, *others))


def _zones() -> tuple[tuple[str, str], ...]:
    """IANA time zones that name a place."""
    found = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/")))
    return tuple((name, name.replace("_", " ")) for name in ("UTC", *found))


@bare_page("/setup", title="Set up", load=[Arrival.at_setup])
def setup_page() -> rx.Component:
    """The owner and the shop."""
    fields = [
        Field("name", "Your name", autocomplete="name", required=True),
        Field("email", "E-mail", "email", autocomplete="username", required=True),
        Field("password", "Password", "password", help=RULE, autocomplete="new-password", required=True),
        Field("shopName", "Name of the shop", autocomplete="organization", required=True),
        Field("currency", "Currency", "select", options=_currencies(), required=True),
        Field("timezone", "Time zone", "select", options=_zones(), help="In which the shop's days begin and end.", required=True),
    ]
    form = session_form("setup", fields, verb="Create shop", values={"currency": "GBP", "timezone": "Europe/London"}, then="/welcome")
    return session_page(form, title="Set up Mewayz", sentence="Your account becomes the owner of the shop.")
