"""Set-up of a new installation, and the page of administrators."""

from zoneinfo import available_timezones

import reflex as rx
from babel.numbers import get_currency_name, list_currencies

from mewayz.domains.admin.state import Demo
from mewayz.ui.controls import banner, button, card, icon, link_button, spinner
from mewayz.ui.form_state import Field
from mewayz.ui.overlay import confirm
from mewayz.ui.places import Place, bare_page, page, permitted
from mewayz.ui.record import facts
from mewayz.ui.session import session_form, session_page
from mewayz.ui.shell import page_header

_SOURCE = "https://doi.org/10.24432/C5CG6D"
_COMMON = ("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "JPY", "CNY", "INR", "BRL", "SEK", "NOK", "DKK", "PLN", "CZK", "ZAR")


def _currencies() -> tuple[tuple[str, str], ...]:
    """ISO 4217 codes with their names, the common ones first."""
    others = sorted(code for code in list_currencies("en") if code not in _COMMON and code.isalpha())
    return tuple((code, f"{code} – {get_currency_name(code, locale='en')}") for code in (*_COMMON, *others))


def _zones() -> tuple[tuple[str, str], ...]:
    """IANA time zones that name a place."""
    found = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/")))
    return tuple((name, name.replace("_", " ")) for name in ("UTC", *found))


def _progress() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(class_name="h-full bg-accent rounded-full transition-[width]", style={"width": f"{Demo.share}%"}),
            role="progressbar",
            aria_label="Progress",
            aria_valuenow=Demo.share,
            aria_valuemin="0",
            aria_valuemax="100",
            class_name="h-1.5 rounded-full bg-n4 overflow-hidden",
        ),
        rx.el.p(
            rx.el.span(Demo.doing, aria_live="polite"),
            rx.el.span(f"{Demo.share}%", class_name="tabular-nums"),
            class_name="flex justify-between text-sm text-muted mt-2",
        ),
    )


def _result() -> rx.Component:
    """What the work has done; the password of the demo users is shown this once."""
    secret = rx.el.div(
        rx.el.p("You can also sign in as one of the demo users. This password is shown only now:", class_name="mt-2"),
        rx.el.p(rx.el.code(Demo.password, class_name="font-mono font-semibold select-all"), class_name="mt-1"),
        rx.el.ul(rx.foreach(Demo.users, lambda email: rx.el.li(email)), class_name="mt-1"),
    )
    return rx.fragment(
        rx.el.div(rx.cond(Demo.error != "", banner(Demo.error, class_name="mb-4")), role="alert"),
        rx.cond(
            Demo.done != "",
            banner(
                rx.el.p(Demo.done),
                rx.cond(Demo.password != "", secret),
                tone="success",
                class_name="mb-4",
                role="status",
                on_unmount=Demo.leave,
            ),
        ),
    )


def _about_demo() -> rx.Component:
    return rx.el.p(
        "A quarter year of a real gift wholesaler: products, customers, orders and returns, and a user of every role. It is ",
        rx.el.a("Online Retail II", href=_SOURCE, target="_blank", rel="noreferrer", class_name="text-accent-text underline"),
        " by Daqing Chen (CC BY 4.0). You can remove it at any time.",
        class_name="text-muted",
    )


@bare_page("/setup", title="Set up")
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


@page("/welcome", title="Welcome", needs="admin:update", load=[Demo.load])
def welcome_page() -> rx.Component:
    """The second step of set-up: a demo shop, or an empty one."""
    choice = rx.el.div(
        button(icon("store"), "Load the demo shop", variant="primary", on_click=Demo.bring),
        link_button("Start empty", to="/"),
        class_name="flex flex-wrap gap-2 mt-5",
    )
    return rx.el.div(
        page_header("Welcome to Mewayz", sentence="Would you like to look around in a shop that is already running?"),
        card(
            _result(),
            rx.cond(
                Demo.working,
                _progress(),
                rx.cond(
                    Demo.done != "",
                    link_button("Open the dashboard", to="/", variant="primary"),
                    rx.el.div(_about_demo(), choice),
                ),
            ),
            title="Demo shop",
            class_name="max-w-2xl",
        ),
    )


@page("/admin", title="Administration", needs="admin:read", load=[Demo.load], place=Place("Administration", "settings", "Admin", 2))
def admin_page() -> rx.Component:
    """The shop, and its demo data."""
    remove = confirm(
        button("Remove the demo shop…", class_name="text-danger-text"),
        title="Remove the demo shop?",
        consequence="Its products, customers, orders and users go. What you have made yourself stays.",
        verb="Remove the demo shop",
        on_confirm=Demo.drop,
    )
    bring = button(rx.cond(Demo.working, spinner(), icon("store")), "Load the demo shop", variant="primary", on_click=Demo.bring)
    return rx.el.div(
        page_header("Administration"),
        rx.el.div(
            card(
                facts(("Name", Demo.shop_name), ("Currency", Demo.currency), ("Time zone", Demo.timezone)),
                title="Shop",
            ),
            card(
                _result(),
                _about_demo(),
                rx.el.div(
                    rx.cond(
                        Demo.working, _progress(), permitted("admin:update", rx.cond(Demo.present, remove, rx.cond(Demo.ready, bring)))
                    ),
                    class_name="mt-4",
                ),
                title="Demo data",
            ),
            class_name="grid gap-4 max-w-2xl",
        ),
    )
