"""What two-factor sign-in holds on its pages: what is set up, and the steps of setting it up.

The secret and the codes are in the state only while they are on the screen.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, quote

import reflex as rx

from mewayz.backend.access import require_proof
from mewayz.domains.auth import second_factor as factors
from mewayz.domains.auth.proofs import proofs
from mewayz.domains.auth.second_factor import second_factor
from mewayz.domains.auth.settings_state import entered, first_error
from mewayz.ui.events import ENROLLING, ONESELF, actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.step_up import Prover, prover
from mewayz.ui.ways import is_inside

CODE = Field("code", "Code", required=True, autocomplete="one-time-code", help="The six digits that the authenticator shows now.")

TITLE, CODES_TOLD, PASSKEYS_TITLE = "two_factor_title", "backup_codes_told", "passkeys_title"
"""Ids of what says how it has gone on, for the focus of whoever pressed a button that is gone then."""

prover.append(Prover(factors=lambda who: factors.methods(who.id), prove=proofs.prove))


class TwoFactor(Guarded, rx.State):
    """Two-factor sign-in: what is set up, and the steps of setting it up."""

    loaded: bool = False
    totp: bool = False
    passkeys: int = 0
    required: bool = False
    codes_left: int = 0
    step: str = ""
    secret: str = ""
    secret_shown: str = ""
    otpauth_url: str = ""
    qr_code: str = ""
    codes: list[str] = []  # noqa: RUF012 (Reflex copies defaults per client)
    codes_file: str = ""
    busy: bool = False
    asking: str = ""

    @on(ENROLLING)
    async def arrive(self) -> Any:
        """A page is opened: what an earlier visit left behind goes. Nobody is held up who need not set anything up."""
        self._forget()
        self.asking, self.busy = "", False
        await self._load()
        if self.router.url.path.rstrip("/") == "/enrol" and self.loaded:
            if self.totp or self.passkeys:
                return TwoFactor.go_on
            if not self.required:
                return rx.redirect("/settings/security", replace=True)
        return None

    @on(ENROLLING)
    async def load(self) -> None:
        """Look what is set up."""
        await self._load()

    async def _load(self) -> None:
        async with guarded(self):
            found = await second_factor.status(actor())
            self.totp, self.required = found["totp"], found["required"]
            self.passkeys, self.codes_left = found["passkeys"], found["backupCodes"]
            self.loaded = True

    @on(ENROLLING)
    async def begin(self) -> Any:
        """Show the secret, as a picture and as text."""
        async with guarded(self):
            made = await second_factor.setup(actor())
            secret = made["secret"]
            self.secret, self.secret_shown = secret, " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
            self.otpauth_url, self.qr_code, self.step = made["otpauthUrl"], made["qrCode"], "scan"
            return rx.set_focus(CODE.id)

    @on(ENROLLING)
    async def confirm(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Turn it on with the first code; with the first factor come backup codes."""
        clear(self)
        self.busy = True
        yield
        async with guarded(self):
            made = await second_factor.enable(actor(), entered(form, CODE))
            self._forget()
            if made["backupCodes"]:
                await self._tell(made["backupCodes"])
            else:
                await say(self, "The authenticator is set up.")
        self.busy = False
        yield first_error(self, CODE) or (None if self.error else [TwoFactor.load, rx.set_focus(CODES_TOLD if self.codes else TITLE)])

    @on(ENROLLING)
    async def go_on(self) -> Any:
        """Two-factor sign-in is set up: on to the page that was asked for."""
        self._forget()
        wanted = parse_qs(self.router.url.query).get("next", ["/"])[0]
        # Two slashes, or what a browser makes into two, would lead to another host.
        inside = is_inside(wanted) and not wanted.startswith("/enrol")
        return rx.redirect(wanted if inside else "/", replace=True)

    @on(ENROLLING)
    async def copied(self) -> None:
        """Say that something is in the clipboard."""
        await say(self, "Copied.")

    @on(ENROLLING)
    async def unscan(self) -> None:
        """The picture is no longer shown; the codes that follow it stay."""
        if self.step == "scan":
            self._forget()

    @on(ENROLLING)
    async def leave(self) -> None:
        """The codes are kept, or their page is left: what was told once is not told again."""
        self._forget()

    @on(ONESELF)
    async def ask(self, what: str) -> None:
        """Ask whether it is to be turned off (`off`), or the codes are to be replaced (`codes`)."""
        async with guarded(self):
            require_proof(actor())
            self.asking = what if what in ("off", "codes") else ""

    @on(ONESELF)
    async def show(self, asking: bool) -> None:
        """A dialog opens or closes."""
        if not asking:
            self.asking = ""

    @on(ONESELF)
    async def turn_off(self) -> Any:
        """Remove the authenticator."""
        self.asking = ""
        async with guarded(self):
            await second_factor.disable(actor())
            await say(self, "The authenticator is removed.")
            return [TwoFactor.load, rx.set_focus(TITLE)]

    @on(ONESELF)
    async def renew(self) -> Any:
        """Replace the backup codes, and show the new ones."""
        self.asking = ""
        async with guarded(self):
            made = await second_factor.new_codes(actor())
            await self._tell(made["backupCodes"])
            return [TwoFactor.load, rx.set_focus(CODES_TOLD)]

    @on(ENROLLING)
    async def tell(self, text: str) -> Any:
        """Show the codes that came with the first passkey."""
        found = [code for code in text.split()[:20] if len(code) < 20]
        if found:
            await self._tell(found)
        return [TwoFactor.load, rx.set_focus(CODES_TOLD if found else PASSKEYS_TITLE)]

    async def _tell(self, codes: list[str]) -> None:
        self.codes, self.step = codes, "codes"
        text = "\n".join([f"Backup codes of {actor().email} for Mewayz", "Each of them works once.", "", *codes, ""])
        self.codes_file = f"data:text/plain;charset=utf-8,{quote(text)}"

    def _forget(self) -> None:
        self.step, self.secret, self.secret_shown, self.otpauth_url, self.qr_code = "", "", "", "", ""
        self.codes, self.codes_file = [], ""
