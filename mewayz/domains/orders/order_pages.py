"""The page of one order: what was bought, where it is, who bought it, and what has happened. Rendering only."""

from typing import Any

import reflex as rx

from mewayz.domains.orders.order_page_state import TEXT, OrderRecord
from mewayz.domains.orders.step_pages import step_dialogs
from mewayz.domains.orders.step_state import OrderSteps
from mewayz.ui.base import link, plain_link
from mewayz.ui.controls import CARD, FIELD, button, button_class, card, icon, inline_link, link_button, out_link, spinner, status, text_link
from mewayz.ui.overlay import menu, menu_item
from mewayz.ui.places import permitted
from mewayz.ui.shell import page_header

_order: Any = OrderRecord
_steps: Any = OrderSteps
_CELL = "px-3 py-2.5 border-b border-line first:pl-4 sm:first:pl-5 last:pr-4 sm:last:pr-5 align-top "
_NUMBER = _CELL + "text-right tabular-nums whitespace-nowrap"
_FINGER = "pointer-coarse:inline-flex pointer-coarse:items-center pointer-coarse:min-h-11"
_ONCE = 800  # milliseconds: a double click is one step
_MARKS = {
    "receipt": "receipt-text", "pencil": "pencil", "check": "check", "package": "package", "truck": "truck", "house": "house", "x": "x",
    "undo": "undo-2", "coins": "coins", "lock": "lock", "message": "message-square",
}  # fmt: skip


def _take(action: Any) -> Any:
    return _steps.ask(action.verb).throttle(_ONCE)


def _more() -> rx.Component:
    """The steps that are not the next one: in a menu, or as a button where there is only one."""
    item = rx.foreach(_order.others, lambda one: menu_item(one.label, on_click=_take(one)))
    alone = button(_order.others[0].label, on_click=_take(_order.others[0]))
    several = menu(button("More actions", icon("chevron-down")), item, align="end")
    return rx.fragment(rx.match(_order.others.length(), (0, rx.fragment()), (1, alone), several))


def header() -> rx.Component:
    """Number, state and money, the next step, and the others."""
    state = rx.el.span(
        status(_order.status, _order.tone),
        status(_order.payment_word, _order.payment_tone),
        rx.el.span(_order.placed),
        class_name="flex flex-wrap items-center gap-x-4 gap-y-1",
    )
    returned = rx.cond(
        _order.original_href != "",
        rx.el.span("Takes back a part of ", inline_link(_order.original, to=_order.original_href), class_name="block"),
    )
    invoice = plain_link(
        icon("printer"),
        rx.el.span(rx.cond(_order.is_return, "Print credit note", "Print invoice"), class_name="max-sm:sr-only"),
        href=f"/api/v1/orders/{_order.record_id}/invoice",
        target="_blank",
        class_name=button_class("secondary", extra="max-sm:min-w-11"),
    )
    edit = link_button(_order.editing, to=f"/orders/{_order.record_id}/edit")
    onward = rx.cond(
        _order.next_step.verb != "",
        button(_order.next_step.label, variant="primary", on_click=_take(_order.next_step), class_name="w-full"),
    )
    return page_header(
        _order.title,
        sentence=rx.el.span(state, returned),
        back=("Orders", "/orders"),
        secondary=[invoice, permitted("orders:update", edit), _more()],
        primary=onward,
    )


def _line(line: Any) -> rx.Component:
    name = rx.cond(line.href != "", link(line.name, to=line.href, class_name="font-medium hover:text-accent-text rounded-sm"), line.name)
    return rx.el.tr(
        rx.el.th(
            rx.el.div(name),
            rx.el.div(line.sku, class_name="text-sm text-muted empty:hidden"),
            rx.el.div(line.price, " each", class_name="sm:hidden text-sm text-muted tabular-nums"),
            rx.el.div(line.note, class_name="text-sm text-muted empty:hidden"),
            scope="row",
            class_name=_CELL + "text-left font-normal",
        ),
        rx.el.td(line.price, class_name=_NUMBER + " max-sm:hidden"),
        rx.el.td(line.quantity, class_name=_NUMBER),
        rx.el.td(line.total, class_name=_NUMBER),
        key=line.key,
    )


def lines() -> rx.Component:
    """What was bought, and what it comes to."""
    head = _CELL + "text-sm font-medium text-muted "
    return rx.el.section(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Product", scope="col", class_name=head + "text-left"),
                    rx.el.th("Price", scope="col", class_name=head + "text-right max-sm:hidden"),
                    rx.el.th("Quantity", scope="col", class_name=head + "text-right"),
                    rx.el.th(f"Total ({_order.currency})", scope="col", class_name=head + "text-right whitespace-nowrap"),
                )
            ),
            rx.el.tbody(rx.foreach(_order.lines, _line)),
            class_name="w-full",
        ),
        rx.el.dl(
            rx.foreach(_order.sums, _sum),
            class_name="ml-auto max-w-xs px-4 sm:px-5 py-3",
        ),
        aria_label="Lines",
        class_name=f"{CARD} overflow-x-auto",
    )


def _sum(one: Any) -> rx.Component:
    look = "flex justify-between gap-8 py-1 "
    return rx.el.div(
        rx.el.dt(one.label),
        rx.el.dd(one.amount, class_name="tabular-nums"),
        key=one.label,
        class_name=rx.cond(one.look != "", look + "font-semibold pt-2 mt-1 border-t border-line", look + "text-muted"),
    )


def _parcel(parcel: Any) -> rx.Component:
    tracked = rx.cond(
        parcel.href != "",
        out_link(parcel.tracking, icon("external-link", class_name="size-3.5 inline ml-1"), href=parcel.href),
        rx.el.span(parcel.tracking),
    )
    return rx.el.li(
        rx.el.div(parcel.what),
        rx.el.div(
            rx.cond(parcel.carrier != "", rx.el.span(parcel.carrier)),
            tracked,
            rx.el.time(parcel.when, title=parcel.exact),
            class_name="flex flex-wrap gap-x-3 text-sm text-muted",
        ),
        key=parcel.key,
        class_name="flex flex-col py-2.5 border-b border-line last:border-b-0",
    )


def parcels() -> rx.Component:
    """What has been sent."""
    return rx.cond(
        _order.parcels.length() > 0,
        card(rx.el.ol(rx.foreach(_order.parcels, _parcel), class_name="-my-2.5"), title="Parcels", class_name="mt-4"),
    )


def _returned(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            text_link(one.number, to=one.href, class_name=_FINGER),
            rx.el.span(one.amount, class_name="tabular-nums"),
            class_name="flex justify-between gap-4",
        ),
        rx.el.div(one.what, class_name="text-sm text-muted empty:hidden break-words"),
        rx.el.time(one.when, title=one.exact, class_name="text-sm text-muted"),
        key=one.key,
        class_name="py-2.5 border-b border-line last:border-b-0",
    )


def returns() -> rx.Component:
    """What went back."""
    return rx.cond(
        _order.returns.length() > 0,
        card(rx.el.ul(rx.foreach(_order.returns, _returned), class_name="-my-2.5"), title="Returns", class_name="mt-4"),
    )


def customer() -> rx.Component:
    """Who bought it, and where it goes."""

    def part(label: str, value: Any) -> rx.Component:
        return rx.el.div(
            rx.el.dt(label, class_name="text-sm text-muted"),
            rx.el.dd(value, class_name="break-words whitespace-pre-line"),
            class_name="mt-3",
        )

    who = rx.cond(
        _order.customer_href != "", text_link(_order.customer, to=_order.customer_href, class_name=_FINGER), rx.el.span(_order.customer)
    )
    return card(
        who,
        rx.cond(_order.guest_email != "", rx.el.p(_order.guest_email, class_name="text-sm text-muted break-words")),
        rx.el.dl(
            part("Shipping address", _order.shipping_address),
            rx.cond(_order.billing_address == _order.shipping_address, rx.fragment(), part("Billing address", _order.billing_address)),
        ),
        title="Customer",
    )


def note() -> rx.Component:
    """What was written when it was placed."""
    return rx.cond(
        _order.note != "",
        card(rx.el.p(_order.note, class_name="whitespace-pre-line break-words"), title="Note", class_name="mt-4"),
    )


def _moment(moment: Any) -> rx.Component:
    mark = "size-3.5"
    what = rx.cond(
        moment.href != "", text_link(moment.what, to=moment.href, class_name=_FINGER), rx.el.span(moment.what, class_name="font-medium")
    )
    return rx.el.li(
        rx.el.span(
            rx.match(moment.mark, *[(key, icon(name, class_name=mark)) for key, name in _MARKS.items()], icon("circle", class_name=mark)),
            class_name="grid place-items-center size-6 rounded-full bg-fill text-muted shrink-0",
        ),
        rx.el.div(
            what,
            rx.el.p(moment.detail, class_name="whitespace-pre-line break-words empty:hidden"),
            rx.el.div(rx.el.time(moment.when, title=moment.exact), " · ", moment.who, class_name="text-sm text-muted"),
            class_name="min-w-0",
        ),
        key=moment.key,
        class_name="flex gap-3 py-2",
    )


def _note_box() -> rx.Component:
    failed = _order.note_error != ""
    told = f"{TEXT.id}_error"
    return rx.el.form(
        rx.el.label(TEXT.label, html_for=TEXT.id, class_name="sr-only"),
        rx.el.textarea(
            id=TEXT.id,
            name=TEXT.name,
            rows="2",
            placeholder="Write a note",
            aria_invalid=failed,
            aria_describedby=told,
            class_name=f"{FIELD} h-auto pointer-coarse:h-auto py-1.5 resize-y",
        ),
        rx.el.p(_order.note_error, id=told, role="alert", class_name="text-sm text-danger-text mt-1.5 empty:hidden"),
        rx.el.div(
            rx.el.label(
                rx.el.input(type="checkbox", name="shared", class_name="size-4 accent-accent"),
                "The customer may see it",
                class_name="flex items-center gap-2.5 pointer-coarse:min-h-11",
            ),
            button(rx.cond(_order.noting, spinner()), "Add note", type="submit", disabled=_order.noting),
            class_name="flex flex-wrap items-center justify-between gap-2 mt-2",
        ),
        key=_order.note_visit.to_string(),
        on_submit=_order.remark,
        no_validate=True,
        class_name="mb-4",
    )


def timeline() -> rx.Component:
    """What has happened, and a box to write into it."""
    return card(
        permitted("orders:update", _note_box()),
        rx.el.ol(rx.foreach(_order.timeline, _moment), aria_label="Timeline"),
        title="Timeline",
        class_name="mt-4",
    )


def order_content() -> rx.Component:
    """The page below the navigation, once the order is there."""
    return rx.el.div(
        header(),
        rx.el.div(
            rx.el.div(lines(), parcels(), timeline(), class_name="lg:col-span-2 min-w-0"),
            rx.el.div(customer(), note(), returns(), class_name="min-w-0"),
            class_name="grid lg:grid-cols-3 gap-4 items-start",
        ),
        step_dialogs(),
    )
