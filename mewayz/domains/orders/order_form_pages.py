"""The form of an order: products and their number, who buys, where it goes, and what the server says it comes to. Rendering only."""

from typing import Any

import reflex as rx

from mewayz.domains.orders.order_form_fields import (
    BILLING_TO,
    BUYER_SEARCH,
    DISCOUNT,
    GUEST_EMAIL,
    NOTE,
    PRODUCT_SEARCH,
    SHIPPING,
    SHIPPING_TO,
    TAX,
    address_fields,
)
from mewayz.domains.orders.order_form_search import search
from mewayz.domains.orders.order_form_state import OrderForm
from mewayz.ui.controls import CARD, FIELD, STICKY, button, card, icon_button, link_button, skeleton
from mewayz.ui.focus import FocusMistake
from mewayz.ui.form import field, money_box, problem, submit
from mewayz.ui.form_field import Field
from mewayz.ui.leave import UnsavedGuard

_form: Any = OrderForm
# What the controls hold at the moment of a click: the server learns of it only then.
_TYPED = rx.Var("(Object.fromEntries(new FormData(document.querySelector('form[data-guard]'))))").to(dict[str, Any])


def _line(line: Any) -> rx.Component:
    told = f"{line.key}_told"
    failed = line.problem != ""
    box = rx.el.input(
        type="text",
        input_mode="numeric",
        id=f"field_{line.key}",
        name=line.key,
        default_value=line.quantity,
        auto_complete="off",
        aria_label=f"Quantity of {line.name}",
        aria_invalid=failed,
        aria_describedby=told,
        on_change=lambda text: _form.count(line.key, text),
        class_name=f"{FIELD} text-right tabular-nums",
    )
    variant = rx.el.select(
        rx.el.option("Choose a variant", value="", disabled=True),
        rx.foreach(line.choices, lambda choice: rx.el.option(choice.label, value=choice.id)),
        name=f"{line.key}_variant",
        value=line.variant_id,
        on_change=lambda chosen: _form.choose(line.key, chosen),
        aria_label=f"Variant of {line.name}",
        aria_invalid=failed & (line.variant_id == ""),
        aria_describedby=told,
        class_name=f"{FIELD} mt-1",
    )
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.div(line.name, class_name="font-medium truncate", title=line.name),
                rx.cond(line.choices.length() > 0, variant),
                rx.el.div(
                    rx.cond(line.sku != "", rx.el.span(line.sku)),
                    rx.el.span(line.price, class_name="tabular-nums"),
                    rx.el.span(line.stock),
                    class_name="flex flex-wrap gap-x-3 text-sm text-muted",
                ),
                class_name="min-w-0 grow basis-48",
            ),
            rx.el.div(
                rx.el.div(box, class_name="w-16"),
                rx.el.span(line.total, class_name="w-24 text-right tabular-nums"),
                icon_button("x", f"Remove {line.name}", on_click=_form.drop(line.key)),
                class_name="flex items-center gap-2 ml-auto",
            ),
            class_name="flex flex-wrap items-center gap-x-3 gap-y-2",
        ),
        rx.el.p(line.problem, id=told, role="alert", class_name="text-sm text-danger-text mt-1 empty:hidden"),
        key=line.key,
        class_name="py-3 border-b border-line last:border-b-0",
    )


def _lines() -> rx.Component:
    nothing = rx.el.p("Search for what is bought. Prices and stock are those of the catalogue.", class_name="text-muted py-3")
    return card(
        search(PRODUCT_SEARCH, "Search products", _form.goods, _form.goods_told, _form.find_goods, _form.add),
        rx.cond(
            _form.lines.length() > 0, rx.el.ul(rx.foreach(_form.lines, _line), aria_label="Products", class_name="mt-1 -mb-3"), nothing
        ),
        title="Products",
    )


def _extra(item: Field) -> rx.Component:
    error = _form.field_errors.get(item.name, "")
    told = f"{item.id}_told"
    box = money_box(
        _form.signs,
        id=item.id,
        name=item.name,
        default_value=_form.values[item.name],
        placeholder=_form.nothing,
        aria_invalid=error != "",
        aria_describedby=told,
        on_change=lambda text: _form.enter(item.name, text),
        class_name="text-right",
    )
    return rx.el.div(
        rx.el.div(
            rx.el.label(item.label, html_for=item.id),
            rx.el.div(box, class_name="w-36"),
            class_name="flex items-center justify-between gap-4",
        ),
        rx.el.p(error, id=told, role="alert", class_name="text-sm text-danger-text mt-1 text-right empty:hidden"),
    )


def _sums() -> rx.Component:
    def line(label: str, amount: Any, look: str = "") -> rx.Component:
        return rx.el.div(
            rx.el.span(label), rx.el.output(amount, class_name="tabular-nums"), class_name=f"flex justify-between gap-4 {look}"
        )

    return card(
        rx.el.div(
            line("Subtotal", _form.subtotal),
            _extra(DISCOUNT),
            _extra(SHIPPING),
            _extra(TAX),
            line("Total", _form.total, "font-semibold pt-3 border-t border-line"),
            aria_live="polite",
            class_name="space-y-3 max-w-sm ml-auto",
        ),
        title="Payment",
        class_name="mt-4",
    )


def _settled() -> rx.Component:
    """What was bought, once it cannot change any more."""

    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(one.name, class_name="min-w-0 grow break-words"),
            rx.el.span("× ", one.quantity, class_name="tabular-nums text-muted whitespace-nowrap"),
            key=one.key,
            class_name="flex gap-3 py-1.5",
        )

    return card(
        rx.el.ul(rx.foreach(_form.lines, line), aria_label="Products"),
        rx.el.p(
            "What this order comes to is settled, since it is no longer pending and unpaid. Its addresses and its note can still change.",
            class_name="text-sm text-muted mt-3",
        ),
        title="Products",
    )


def _buyer(fixed: bool) -> rx.Component:
    chosen = rx.el.div(
        rx.el.div(
            rx.el.div(_form.buyer.name, class_name="font-medium break-words"),
            rx.el.div(_form.buyer.detail, class_name="text-sm text-muted break-words empty:hidden"),
            class_name="min-w-0 grow",
        ),
        *([] if fixed else [icon_button("x", "Sell to somebody else", on_click=_form.sell_to("", _TYPED))]),
        class_name="flex items-start gap-2",
    )
    if fixed:
        return card(chosen, title="Customer")
    finder = rx.el.div(
        search(
            BUYER_SEARCH, "Search customers", _form.buyers, _form.buyers_told, _form.find_buyers, lambda one: _form.sell_to(one, _TYPED)
        ),
        rx.el.p("Without one, it is the order of a guest.", class_name="text-sm text-muted mt-1.5"),
        rx.el.div(field(GUEST_EMAIL, error=_form.field_errors.get(GUEST_EMAIL.name, "")), class_name="mt-4"),
    )
    return card(rx.cond(_form.buyer.id != "", chosen, finder), title="Customer")


def _address(kind: str) -> rx.Component:
    def draw(item: Field) -> rx.Component:
        return field(item, value=_form.values.get(item.name, ""), error=_form.field_errors.get(item.name, ""), offered=_form.countries)

    rows: list[rx.Component] = []
    waiting: list[Field] = []
    for item in address_fields(kind):
        waiting.append(item)
        if not item.half or len(waiting) == 2:
            rows.append(rx.el.div(*map(draw, waiting), class_name="flex gap-3"))
            waiting = []
    return rx.el.div(*rows, key=f"{kind}{_form.address_visit}", class_name="space-y-4")


def _addresses() -> rx.Component:
    other = rx.el.label(
        rx.el.input(
            type="checkbox",
            name="own_billing",
            default_checked=_form.own_billing,
            on_change=_form.bill_elsewhere,
            class_name="size-4 accent-accent",
        ),
        "Bill to another address",
        class_name="flex items-center gap-2.5 mt-4 pointer-coarse:min-h-11",
    )
    # Hidden and not taken away: what was typed there is there again.
    billing = rx.el.fieldset(
        rx.el.legend("Billing address", class_name="text-base font-semibold mb-3"),
        _address(BILLING_TO),
        class_name=rx.cond(_form.own_billing, "mt-4", "hidden"),
    )
    return card(_offer(), _address(SHIPPING_TO), other, billing, title="Shipping address", class_name="mt-4")


def _offer() -> rx.Component:
    """The address of the customer, where another one was typed."""
    return rx.el.div(
        rx.cond(
            _form.offered != "",
            rx.el.div(
                rx.el.p("What you typed stays. ", _form.buyer.name, " has: ", _form.offered, class_name="text-sm break-words"),
                button("Use this address", size="sm", on_click=_form.take_address(_TYPED), class_name="mt-2"),
                class_name="rounded-control bg-fill px-3 py-2 mb-4",
            ),
        ),
        aria_live="polite",
    )


def order_form(*, verb: str, on_submit: Any, cancel: Any, fixed: bool = False) -> rx.Component:
    """The form; `fixed` when the customer stays who it is."""
    form = rx.el.form(
        problem(_form),
        rx.el.div(
            rx.el.div(
                rx.cond(_form.settled, _settled(), rx.fragment(_lines(), _sums())) if fixed else rx.fragment(_lines(), _sums()),
                card(field(NOTE, value=_form.values.get("note", ""), error=_form.field_errors.get("note", "")), class_name="mt-4"),
                class_name="lg:col-span-2 min-w-0",
            ),
            rx.el.div(_buyer(fixed), _addresses(), class_name="min-w-0"),
            class_name="grid lg:grid-cols-3 gap-4 items-start",
        ),
        rx.el.div(
            link_button("Cancel", to=cancel),
            submit(verb, _form.saving),
            class_name=f"flex justify-end gap-2 mt-5 {STICKY} max-sm:[&>*]:grow",
        ),
        FocusMistake.create(times=_form.mistakes),
        UnsavedGuard.create(refusals=_form.mistakes),
        key=_form.visit.to_string(),
        on_submit=on_submit,
        no_validate=True,
        custom_attrs={"data-guard": "true"},
    )
    waiting = rx.el.div(*[skeleton("h-8 w-full") for _ in range(6)], class_name=f"{CARD} p-6 space-y-8", aria_hidden="true")
    return rx.cond(_form.loaded, form, rx.cond(_form.error != "", problem(_form), waiting))
