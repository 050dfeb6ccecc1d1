"""Short messages that answer an action, read out by screen readers and gone after some seconds.

Toasts of the framework would need `eval`, which the content security policy forbids; these are a state var in a
live region.
"""

from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx
from typing_extensions import override

from mewayz.backend import clock
from mewayz.backend.ids import new_id
from mewayz.ui.controls import icon
from mewayz.ui.events import PUBLIC, on

Tone = Literal["success", "warning", "danger"]
_KEPT = 3
_SECONDS = 6


@dataclass
class Notice:
    """One message on the screen."""

    id: str
    text: str
    tone: str
    said_at: float = 0.0


class Notices(rx.State):
    """The messages of one tab."""

    shown: list[Notice] = []  # noqa: RUF012 (Reflex copies defaults per client)

    def _say(self, text: str, tone: Tone = "success") -> None:
        """Show `text`; the oldest message makes room."""
        notice = Notice(id=new_id(), text=text, tone=tone, said_at=clock.now().timestamp())
        self.shown = [*self.shown[-_KEPT + 1 :], notice]

    def _forget(self) -> None:
        """Drop what has been on the screen for long enough: a page that is loaded anew would show it again."""
        fresh = [notice for notice in self.shown if clock.now().timestamp() - notice.said_at < _SECONDS]
        if len(fresh) < len(self.shown):
            self.shown = fresh

    @on(PUBLIC)
    async def dismiss(self, key: str) -> None:
        """Take one message off the screen."""
        self.shown = [notice for notice in self.shown if notice.id != key]

    @on(PUBLIC)
    async def failed(self, request_id: str) -> None:
        """Say that something broke, with the id to quote."""
        self._say(f"Something went wrong on our side. Quote {request_id[:24]} if it happens again.", tone="danger")


async def say(state: rx.State, text: str, tone: Tone = "success") -> None:
    """Show a message from any event handler."""
    notices = await state.get_state(Notices)
    notices._say(text, tone)


def _notice(notice: Any) -> rx.Component:
    mark = "shrink-0 size-4 mt-0.5"
    return rx.el.div(
        rx.match(
            notice.tone,
            ("danger", icon("circle-alert", class_name=f"{mark} text-danger-text")),
            ("warning", icon("triangle-alert", class_name=f"{mark} text-warning-text")),
            icon("circle-check", class_name=f"{mark} text-success-text"),
        ),
        rx.el.p(notice.text, class_name="grow"),
        rx.el.button(
            icon("x", class_name="size-4"),
            type="button",
            aria_label="Dismiss",
            on_click=Notices.dismiss(notice.id),
            class_name=(
                "grid place-items-center shrink-0 -m-1 size-6 pointer-coarse:-m-3 pointer-coarse:size-11 rounded-control "
                "text-muted hover:text-text hover:bg-hover"
            ),
        ),
        key=notice.id,
        class_name=(
            "expire animate-expire pointer-events-auto flex items-start gap-2.5 w-full sm:w-96 p-3 rounded-card "
            "mb-2 last:mb-4 sm:last:mb-6 bg-raised shadow-float hover:[animation-play-state:paused]"
        ),
    )


class AfterThePage(rx.Fragment):
    """Wraps the page, and puts its own content after it instead of before it.

    A browser finds the anchor of what floats only among what stands before it in the document.
    """

    @override
    def render(self) -> dict[str, Any]:
        own = len(self.children) - 1
        rendered = {**super().render()}
        rendered["children"] = [*rendered["children"][own:], *rendered["children"][:own]]
        return rendered


# Above the main action of a phone, a bar of chosen rows or a report, however high; a browser without anchors keeps the space of one bar.
_ABOVE = "bottom-20 sm:bottom-0 supports-[bottom:anchor(--a_top)]:bottom-[anchor(--lower-edge_top,0px)]"


def notice_region() -> rx.Component:
    """Where messages appear: bottom right, over everything but what stands at the lower edge itself; dialogs and panels too."""
    return rx.el.div(
        rx.foreach(Notices.shown, _notice),
        role="status",
        aria_live="polite",
        aria_label="Messages",
        class_name=(f"fixed z-[60] inset-x-4 {_ABOVE} sm:left-auto sm:right-6 flex flex-col pointer-events-none [anchor-name:--messages]"),
    )
