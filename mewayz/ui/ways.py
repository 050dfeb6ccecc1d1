"""Where to go instead, when a page may not be seen yet, and how to come back."""

from urllib.parse import quote

import reflex as rx
from reflex.event import Event
from reflex.state import BaseState, StateUpdate
from reflex_base.constants.state import FIELD_MARKER


class SignedOut(rx.State):
    """Why sign-in is shown."""

    ended: bool = False


def here(state: BaseState) -> str:
    """The page that an event came from."""
    url = state.router.url
    return (url.path.rstrip("/") or "/") + (f"?{url.query}" if url.query else "")


def is_inside(wanted: str) -> bool:
    """Whether this is plainly a path of this site, however a browser reads it."""
    path = wanted.partition("?")[0]
    plain = not any(part in path for part in ("//", "\\", "/.", "%2e", "%2E", "\t", "\r", "\n"))
    return wanted.startswith("/") and plain


def enrol_path(state: BaseState) -> str:
    """Where to set up two-factor sign-in, and come back from."""
    asked = here(state)
    return "/enrol" if asked == "/" or asked.startswith("/enrol") else f"/enrol?next={quote(asked, safe='')}"


def sign_in_path(state: BaseState) -> str:
    """Where to sign in, and come back from to the page that was asked for."""
    asked = here(state)
    if asked.startswith("/login"):
        return "/login"
    # Sign-in says then why it is shown.
    return "/login?ended=1" if asked == "/" else f"/login?next={quote(asked, safe='')}&ended=1"


def to_sign_in(state: BaseState) -> StateUpdate:
    """Lead a tab whose session is over to sign-in, and say there that it is.

    That page's own events would be refused: what the tab holds on the server belongs to the session that has ended.
    """
    told = {SignedOut.get_full_name(): {f"ended{FIELD_MARKER}": True}}
    return StateUpdate(delta=told, events=Event.from_event_type(rx.redirect(sign_in_path(state), replace=True)))


def to_enrolment(state: BaseState) -> StateUpdate:
    """Lead a tab to where two-factor sign-in is set up."""
    return StateUpdate(events=Event.from_event_type(rx.redirect(enrol_path(state), replace=True)))
