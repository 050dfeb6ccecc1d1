"""The second step of set-up, and the page of administrators."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from mewayz.domains.admin.shop_state import SELLER, SHOP, SellerSettings, ShopSettings
from mewayz.domains.admin.state import Demo
from mewayz.ui.controls import banner, button, card, icon, link_button, out_link, spinner
from mewayz.ui.form import field, problem, submit
from mewayz.ui.form_field import Field
from mewayz.ui.overlay import confirm
from mewayz.ui.places import Place, page, permitted
from mewayz.ui.record import facts
from mewayz.ui.shell import page_header

_SOURCE = "https://doi.org/10.24432/C5CG6D"


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
        out_link("Online Retail II", href=_SOURCE, class_name="underline"),
        " by Daqing Chen (CC BY 4.0). You can remove it at any time.",
        class_name="text-muted",
    )


@page("/welcome", title="Welcome", needs="admin:update", load=[Demo.load])
def welcome_page() -> rx.Component:
    """The second step of set-up: a demo shop, or an empty one."""
    choice = rx.el.div(
        button(icon("store"), "Load the demo shop", variant="primary", on_click=Demo.bring),
        link_button("Start empty", to="/"),
        class_name="flex flex-wrap gap-2 mt-5",
    )
    return rx.el.div(
        page_header(
            "Welcome to Mewayz",
            sentence=rx.cond(Demo.present, "Your shop is ready.", "Would you like to look around in a shop that is already running?"),
        ),
        card(
            _result(),
            rx.cond(
                Demo.working,
                _progress(),
                rx.cond(
                    Demo.present,
                    rx.fragment(
                        rx.cond(Demo.done != "", rx.fragment(), rx.el.p("The demo shop is there already.", class_name="text-muted mb-4")),
                        link_button("Open the dashboard", to="/", variant="primary"),
                    ),
                    rx.cond(Demo.ready, rx.el.div(_about_demo(), choice)),
                ),
            ),
            title="Demo shop",
            class_name="max-w-2xl",
        ),
    )


def _form(state: Any, fields: Sequence[Field], verb: str) -> rx.Component:
    """The form over a part of the shop, for who may change it."""
    controls = [field(item, value=state.values[item.name], error=state.field_errors.get(item.name, "")) for item in fields]
    form = rx.el.form(
        problem(state),
        rx.el.div(*controls, class_name="space-y-4"),
        rx.el.div(submit(verb, state.saving), class_name="flex justify-end mt-4"),
        key=state.visit.to_string(),
        on_submit=state.save,
        no_validate=True,
    )
    return permitted("admin:update", form)


def _decided() -> rx.Component:
    """What was decided at set-up."""
    state: Any = ShopSettings
    return rx.el.div(
        facts(("Currency", state.currency), ("Time zone", state.timezone), ("Written like", state.sample)),
        rx.el.p(
            "Currency and time zone stay as they were set up: all figures are kept by the days and in the money of the shop.",
            class_name="mt-2",
        ),
        class_name="mt-5 pt-4 border-t border-line text-sm text-muted",
    )


@page(
    "/admin",
    title="Administration",
    needs="admin:read",
    load=[ShopSettings.load, SellerSettings.load, Demo.load],
    place=Place("Administration", "settings", "Admin", 3),
)
def admin_page() -> rx.Component:
    """The shop, and its demo data."""
    remove = confirm(
        button("Remove the demo shop…", variant="caution"),
        title="Remove the demo shop?",
        consequence=rx.fragment(
            "Its products, customers, orders and users go. What you have made yourself stays, and so does what your own orders name. ",
            Demo.kept,
        ),
        verb="Remove the demo shop",
        on_confirm=Demo.drop,
        on_open_change=lambda opened, _details: Demo.ask(opened),
    )
    bring = button(rx.cond(Demo.working, spinner(), icon("store")), "Load the demo shop", variant="primary", on_click=Demo.bring)
    return rx.el.div(
        page_header("Administration"),
        rx.el.div(
            card(_form(ShopSettings, SHOP, "Save shop"), _decided(), title="Shop"),
            card(_form(SellerSettings, SELLER, "Save seller"), title="Seller on invoices"),
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
