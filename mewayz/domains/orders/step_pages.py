"""The dialogs of an order's page: send a parcel, give money back, cancel, mark as paid."""

from typing import Any

import reflex as rx

from mewayz.domains.orders.step_state import AMOUNT, CARRIER, POSTAGE, REASON, TRACKING, TRACKING_URL, OrderSteps
from mewayz.ui.base import Dialog
from mewayz.ui.controls import FIELD, banner, button, button_class
from mewayz.ui.focus import FocusMistake
from mewayz.ui.form import field, money_box, problem, submit
from mewayz.ui.form_field import Field
from mewayz.ui.overlay import confirm, dialog

_steps: Any = OrderSteps


def _control(item: Field, **more: Any) -> rx.Component:
    return field(item, value="", error=_steps.field_errors.get(item.name, ""), **more)


def _part(part: Any, weighing: bool) -> rx.Component:
    error = _steps.field_errors.get(part.key, "")
    told = f"{part.key}_told"
    typed: dict[str, Any] = {"on_change": lambda text: _steps.enter(part.key, text)} if weighing else {}
    box = rx.el.input(
        type="text",
        input_mode="numeric",
        id=f"field_{part.key}",
        name=part.key,
        default_value=part.value,
        auto_complete="off",
        aria_label=rx.cond(part.kind != "", f"Pieces of {part.name}, {part.kind}", f"Pieces of {part.name}"),
        aria_invalid=error != "",
        aria_describedby=told,
        class_name=f"{FIELD} text-right tabular-nums",
        **typed,
    )
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.div(part.name, class_name="truncate", title=part.name),
                rx.el.div(part.sku, class_name="text-sm text-muted truncate"),
                class_name="min-w-0 grow",
            ),
            rx.el.div(box, class_name="w-16 shrink-0"),
            rx.el.span(f"of {part.most} {part.kind}", class_name=f"text-muted tabular-nums {'w-28' if weighing else 'w-12'} shrink-0"),
            class_name="flex items-center gap-2",
        ),
        rx.el.p(error, id=told, role="alert", class_name="text-sm text-danger-text mt-1 text-right empty:hidden"),
        key=part.key,
        class_name="py-2 border-b border-line last:border-b-0",
    )


def _parts(weighing: bool) -> rx.Component:
    return rx.el.ul(
        rx.foreach(_steps.parts, lambda part: _part(part, weighing)),
        aria_label="Pieces",
        class_name="mb-4 max-h-56 overflow-y-auto -mx-1 px-1",
    )


def _form(*children: Any, verb: Any, on_submit: Any) -> rx.Component:
    return rx.el.form(
        problem(_steps),
        *children,
        rx.el.div(
            Dialog.Close("Cancel", class_name=button_class("secondary")),
            submit(verb, _steps.busy),
            class_name="flex justify-end gap-2 mt-5",
        ),
        FocusMistake.create(times=_steps.mistakes),
        key=_steps.visit.to_string(),
        on_submit=on_submit,
        no_validate=True,
    )


def _ship() -> rx.Component:
    return dialog(
        None,
        _form(
            _parts(weighing=False),
            rx.el.div(
                rx.el.div(_control(CARRIER), _control(TRACKING), class_name="flex flex-col sm:flex-row gap-4"),
                _control(TRACKING_URL),
                class_name="space-y-4",
            ),
            verb="Send parcel",
            on_submit=_steps.ship,
        ),
        title="Ship",
        description="What is not in this parcel stays to be shipped.",
        open=_steps.shown == "ship",
        on_open_change=_steps.close,
    )


def _amount(item: Field) -> rx.Component:
    """An amount that changes what the refund would give."""
    error = _steps.field_errors.get(item.name, "")
    box = money_box(
        _steps.signs,
        id=item.id,
        name=item.name,
        aria_invalid=error != "",
        aria_describedby=f"{item.id}_told",
        on_change=lambda text: _steps.enter(item.name, text),
    )
    return rx.el.div(
        rx.el.label(
            item.label,
            rx.el.span(" optional", class_name="font-normal text-faint"),
            html_for=item.id,
            class_name="block font-medium mb-1.5",
        ),
        box,
        rx.el.p(
            rx.cond(error != "", error, item.help),
            id=f"{item.id}_told",
            class_name=rx.cond(error != "", "text-sm text-danger-text mt-1.5", "text-sm text-muted mt-1.5"),
        ),
        class_name="min-w-0 flex-1",
    )


def _refund() -> rx.Component:
    postage = Field(POSTAGE.name, POSTAGE.label, POSTAGE.kind, help="")
    restock = rx.el.label(
        rx.el.input(type="checkbox", name="restock", default_checked=True, class_name="size-4 accent-accent"),
        rx.el.span("Put shipped pieces back into stock"),
        class_name="flex items-center gap-2.5 pointer-coarse:min-h-11",
    )
    outcome = rx.el.div(
        rx.cond(
            _steps.gives != "",
            rx.el.p("Gives back ", rx.el.strong(_steps.gives, class_name="tabular-nums"), ". The payment is then ", _steps.becomes, "."),
            rx.el.p("At most ", rx.el.span(_steps.left, class_name="tabular-nums"), " can be given back."),
        ),
        rx.cond(_steps.shared != "", rx.el.p(_steps.shared, class_name="text-sm text-muted")),
        aria_live="polite",
        class_name="rounded-control bg-fill px-3 py-2 mt-4",
    )
    return dialog(
        None,
        _form(
            rx.cond(_steps.parts.length() > 0, _parts(weighing=True)),
            rx.el.div(
                rx.el.div(
                    rx.cond(_steps.postage != "", _amount(postage)),
                    _amount(AMOUNT),
                    class_name="flex flex-col sm:flex-row gap-4",
                ),
                rx.cond(_steps.back_again, restock),
                _control(REASON),
                class_name="space-y-4",
            ),
            outcome,
            verb=rx.cond(_steps.gives != "", f"Refund {_steps.gives}", "Refund"),
            on_submit=_steps.refund,
        ),
        title="Refund",
        description="Booked as a return of its own. The money itself goes back the way it came, outside of Mewayz.",
        open=_steps.shown == "refund",
        on_open_change=_steps.close,
    )


def _failure() -> rx.Component:
    return rx.cond(_steps.error != "", banner(rx.el.p(_steps.error), role="alert"))


def _cancel() -> rx.Component:
    return confirm(
        None,
        title="Cancel this order?",
        consequence=f"It cannot be taken up again. {_steps.goes_back}",
        verb="Cancel order",
        on_confirm=_steps.cancel,
        body=_failure(),
        blocked=_steps.busy,
        keep="Keep order",
        open=_steps.shown == "cancel",
        on_open_change=_steps.close,
    )


def _pay() -> rx.Component:
    return dialog(
        None,
        _failure(),
        rx.el.div(
            Dialog.Close("Cancel", class_name=button_class("secondary")),
            button("Mark as paid", variant="primary", on_click=_steps.pay, disabled=_steps.busy),
            class_name="flex justify-end gap-2 mt-5",
        ),
        title="Mark as paid?",
        description=f"The whole amount of {_steps.amount} has been paid.",
        open=_steps.shown == "pay",
        on_open_change=_steps.close,
    )


def step_dialogs() -> rx.Component:
    """All of them; one is open at most."""
    return rx.fragment(_ship(), _refund(), _cancel(), _pay())
