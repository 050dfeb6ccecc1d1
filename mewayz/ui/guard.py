"""Errors on the way to a page: what a service refuses becomes words in the state, what breaks becomes an id."""

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import reflex as rx

from mewayz.backend.access import StepUpRequired
from mewayz.backend.errors import MewayzError
from mewayz.ui.step_up import ask_for_proof

logger = logging.getLogger("mewayz")

BROKEN = "Something went wrong on our side. Try again; if it happens again, quote the id below."


class Guarded(rx.State, mixin=True):
    """State of a page that can fail.

    Attributes:
        error: what happened and what to do; empty when nothing did.
        error_id: the request id to quote, for what we did not expect.
        field_errors: message per field, by camelCase name.
    """

    error: str = ""
    error_id: str = ""
    field_errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults per client)


def clear(state: Any) -> None:
    """Take away what went wrong the time before: it must not stand beside the progress of another try."""
    state.error, state.error_id, state.field_errors = "", "", {}


@asynccontextmanager
async def beside(state: Any) -> AsyncIterator[None]:
    """The same as `guarded` for what has nothing to do with what is wrong already: that goes on to be said."""
    before = state.error, state.error_id, dict(state.field_errors)
    async with guarded(state):
        yield
    if not state.error:
        state.error, state.error_id, state.field_errors = before


@asynccontextmanager
async def guarded(state: Any) -> AsyncIterator[None]:
    """Run a block of an event handler; its failure ends up in the vars of Guarded instead of being raised.

    Where a fresh proof is missing, the person is asked for it, and then the whole event is fired again.

    >>> async with guarded(self):  # doctest: +SKIP
    ...     await products.create(actor(), data)
    """
    clear(state)
    try:
        yield
    except StepUpRequired:
        await ask_for_proof(state)
    except MewayzError as refused:
        state.error, state.field_errors = refused.message, dict(refused.fields)
    except Exception:
        state.error, state.error_id = BROKEN, secrets.token_hex(8)
        logger.exception("page failed", extra={"request_id": state.error_id})
