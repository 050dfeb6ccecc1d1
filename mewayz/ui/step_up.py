"""Step-up: before something that matters the person proves again who they are, and then it is done after all.

What was refused is the event as it was fired, with all that was typed; after the proof it is fired once more, and passes
the gate and every guard again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.utils.imports import ImportDict
from typing_extensions import override

from mewayz.backend.access import Actor
from mewayz.backend.errors import MewayzError
from mewayz.ui.base import Dialog
from mewayz.ui.controls import FIELD, button, button_class, icon, spinner
from mewayz.ui.events import ENROLLING, actor, on
from mewayz.ui.notice import say
from mewayz.ui.overlay import dialog

PASSKEY, AUTHENTICATOR, BACKUP = "passkey", "totp", "backup"
_FIELDS = {"password": "proof_password", "code": "proof_code"}
"""The controls of the dialog, and their ids."""
_MOST = 1024


@dataclass(frozen=True)
class Prover:
    """How the room that knows passwords and factors takes part here.

    Attributes:
        factors: the second factors of a person (`totp`, `passkey`, `backup`).
        prove: check `{"password": …}`, with a `"code"` where there is a second factor, and note the proof, or raise why not.
    """

    factors: Callable[[Actor], Awaitable[Sequence[str]]]
    prove: Callable[[Actor, Mapping[str, Any]], Awaitable[Any]]


prover: list[Prover] = []
"""Set by that room when it is imported; the last one counts."""

_handled: ContextVar[Event | None] = ContextVar("handled_event", default=None)


def handling(event: Event) -> None:
    """Note which event is being handled in this task."""
    _handled.set(event)


async def ask_for_proof(state: rx.State) -> None:
    """Open the dialog, and keep the event that is being handled until the proof is there."""
    step_up = await state.get_state(StepUp)
    await step_up._ask(_handled.get())


class StepUp(rx.State):
    """The dialog: what it asks for, and what is waiting behind it."""

    shown: bool = False
    passkey: bool = False
    authenticator: bool = False
    backup: bool = False
    busy: bool = False
    error: str = ""
    field_errors: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults per client)
    _event: str = ""
    _payload: dict[str, Any] = {}  # noqa: RUF012

    async def _ask(self, event: Event | None) -> None:
        self._event, self._payload = (event.name, dict(event.payload)) if event else ("", {})
        factors = await prover[-1].factors(actor()) if prover else ()
        self.passkey, self.authenticator, self.backup = PASSKEY in factors, AUTHENTICATOR in factors, BACKUP in factors
        self.error, self.field_errors, self.busy, self.shown = "", {}, False, True

    @on(ENROLLING)
    async def ask(self) -> None:
        """Open the dialog for what the browser does by itself: there is nothing to fire again."""
        await self._ask(None)

    @on(ENROLLING)
    async def close(self, shown: bool) -> None:
        """The dialog is dismissed: what waited is forgotten."""
        if not shown:
            self._forget()

    @on(ENROLLING)
    async def prove(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Check what was entered, and go on with what was refused."""
        self.busy, self.error, self.field_errors = True, "", {}
        yield
        refused = True
        try:
            entered = {name: str(form.get(name, ""))[:_MOST] for name in _FIELDS}
            await prover[-1].prove(actor(), {name: text for name, text in entered.items() if text})
            refused = False
        except MewayzError as error:
            self.field_errors = {name: text for name, text in error.fields.items() if name in _FIELDS}
            self.error = "" if self.field_errors else next(iter(error.fields.values()), error.message)
        finally:
            self.busy = False
        wrong = next(iter(self.field_errors), "")
        if wrong:
            yield [rx.set_value(_FIELDS[wrong], ""), rx.set_focus(_FIELDS[wrong])]
        elif not refused:
            yield await self._go_on()

    @on(ENROLLING)
    async def proven(self) -> Any:
        """A passkey has proven it to the server already."""
        return await self._go_on()

    async def _go_on(self) -> Any:
        event = Event(name=self._event, payload=dict(self._payload)) if self._event else None
        if event is None:
            await say(self, "Confirmed. You can go on now.")
        self._forget()
        return event

    def _forget(self) -> None:
        self.shown, self.busy, self.error, self.field_errors = False, False, "", {}
        self._event, self._payload = "", {}


_step: Any = StepUp


class _Listener(rx.Fragment):
    """Hears from passkeys.js that the server demands a proof, and presses the hidden button."""

    @override
    def add_imports(self) -> ImportDict:
        return {"react": ["useEffect"]}

    @override
    def add_hooks(self) -> list[str | rx.Var[Any]]:
        return [
            """
useEffect(() => {
  const ask = () => document.querySelector("[data-step-up]")?.click();
  document.addEventListener("mewayz:step-up", ask);
  return () => document.removeEventListener("mewayz:step-up", ask);
}, []);
"""
        ]


def _entry(name: str, label: Any, **props: Any) -> rx.Component:
    told = _step.field_errors.get(name, "")
    return rx.el.div(
        rx.el.label(label, html_for=_FIELDS[name], class_name="block font-medium mb-1.5"),
        rx.el.input(
            id=_FIELDS[name],
            name=name,
            auto_capitalize="none",
            spell_check=False,
            max_length=_MOST,
            aria_invalid=told != "",
            aria_describedby=f"{_FIELDS[name]}_error",
            class_name=FIELD,
            **props,
        ),
        rx.el.p(told, id=f"{_FIELDS[name]}_error", role="alert", class_name="text-sm text-danger-text mt-1.5 empty:hidden"),
    )


def _code() -> rx.Component:
    label = rx.cond(_step.authenticator, "Code of your authenticator, or a backup code", "Backup code")
    return rx.cond(
        _step.authenticator | _step.backup,
        _entry("code", label, type="text", auto_complete="one-time-code"),
    )


def _passkey() -> rx.Component:
    return rx.cond(
        _step.passkey,
        rx.el.div(
            button(icon("key-round"), "Use a passkey", custom_attrs={"data-passkey": "prove"}),
            rx.el.button(type="button", hidden=True, on_click=_step.proven, custom_attrs={"data-proven": "true"}),
            # passkeys.js asks the browser for it, and says here when that fails.
            rx.el.p(role="alert", hidden=True, custom_attrs={"data-alert": "true"}, class_name="w-full text-sm text-danger-text mt-1.5"),
        ),
    )


def step_up_dialog() -> rx.Component:
    """The dialog, for the frame around every page and for pages without one."""
    form = rx.el.form(
        # Password managers look for the account that a password belongs to.
        rx.el.input(type="hidden", name="username", auto_complete="username"),
        rx.el.div(
            _entry("password", "Password", type="password", auto_complete="current-password"),
            _code(),
            rx.el.p(_step.error, role="alert", class_name="text-sm text-danger-text empty:hidden"),
            _passkey(),
            class_name="space-y-4",
        ),
        rx.el.div(
            Dialog.Close("Cancel", class_name=button_class("secondary")),
            button(rx.cond(_step.busy, spinner()), "Confirm", type="submit", variant="primary", disabled=_step.busy),
            class_name="flex justify-end gap-2 mt-5",
        ),
        on_submit=_step.prove,
        no_validate=True,
    )
    return rx.fragment(
        rx.el.button(type="button", hidden=True, on_click=_step.ask, custom_attrs={"data-step-up": "true"}),
        _Listener.create(),
        dialog(
            None,
            form,
            title="Confirm that it is you",
            description="You are about to change something that protects an account. What you have entered is kept.",
            class_name="w-[26rem]",
            open=_step.shown,
            on_open_change=_step.close,
        ),
    )
