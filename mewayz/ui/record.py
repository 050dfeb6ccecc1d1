"""What a page about one record is made of: facts, and the states of not having it."""

from typing import Any

import reflex as rx

from mewayz.ui.controls import CARD, banner, icon, link_button, skeleton


def facts(*pairs: tuple[Any, Any]) -> rx.Component:
    """A definition list: (label, value)."""
    return rx.el.dl(
        *[
            rx.el.div(
                rx.el.dt(label, class_name="text-muted shrink-0 w-36"),
                rx.el.dd(value, class_name="min-w-0 break-words"),
                class_name="flex gap-4 py-2 border-b border-line last:border-b-0",
            )
            for label, value in pairs
        ]
    )


def record_page(state: Any, content: rx.Component, *, back: tuple[str, str]) -> rx.Component:
    """`content` once `state.loaded`; before that a skeleton, or why there is nothing (`state` is Guarded)."""
    failed = rx.el.div(
        rx.el.h1("This page cannot be shown", class_name="text-xl font-semibold mb-4"),
        banner(
            rx.el.p(state.error),
            rx.cond(state.error_id != "", rx.el.p("Request id ", rx.el.code(state.error_id, class_name="font-mono"), class_name="mt-1")),
            role="alert",
        ),
        link_button(icon("arrow-left"), f"Back to {back[0].lower()}", to=back[1], class_name="mt-4"),
    )
    waiting = rx.el.div(
        skeleton("h-6 w-56 mb-6"),
        rx.el.div(*[skeleton("h-4 w-full max-w-md") for _ in range(6)], class_name=f"{CARD} p-6 space-y-5"),
        aria_hidden="true",
    )
    return rx.cond(state.loaded, content, rx.cond(state.error != "", failed, waiting))
