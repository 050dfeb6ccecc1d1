"""The pages before there is a session: sign-in, and set-up of an empty installation."""

from zoneinfo import available_timezones

import reflex as rx
from babel.numbers import get_currency_name

from mewayz.domains.auth.model import currencies
from mewayz.domains.auth.state import Arrival
from mewayz.ui.form_state import Field
from mewayz.ui.places import bare_page
from mewayz.ui.session import session_form, session_page

_COMMON = ("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "JPY", "CNY", "INR", "BRL", "SEK", "NOK", "DKK", "PLN", "CZK", "ZAR")


@bare_page("/login", title="Sign in", load=[Arrival.at_login])
def login_page() -> rx.Component:
    """E-mail and password."""
    fields = [
        Field("email", "E-mail", "email", autocomplete="username"),
        Field("password", "Password", "password", autocomplete="current-password"),
        Field("rememberMe", "Keep me signed in for a week", "checkbox"),
    ]
    return session_page(session_form("login", fields, verb="Sign in"), title="Sign in to Mewayz")


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
        Field("name", "Your name", autocomplete="name"),
        Field("email", "E-mail", "email", autocomplete="username"),
        Field(
            "password",
            "Password",
            "password",
            help="At least 8 characters with upper and lower case, a digit and a special character, or 15 of any kind.",
            autocomplete="new-password",
        ),
        Field("shopName", "Name of the shop", autocomplete="organization"),
        Field("currency", "Currency", "select", options=_currencies()),
        Field("timezone", "Time zone", "select", options=_zones(), help="In which the shop's days begin and end."),
    ]
    form = session_form("setup", fields, verb="Create shop", values={"currency": "GBP", "timezone": "Europe/London"}, then="/welcome")
    return session_page(form, title="Set up Mewayz", sentence="Your account becomes the owner of the shop.")
