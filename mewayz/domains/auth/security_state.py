"""What the page of security holds beside two-factor sign-in: password, passkeys and sessions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.access import require_proof
from mewayz.backend.errors import Invalid
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.passkey_place import passkey_place
from mewayz.domains.auth.passkeys import passkeys
from mewayz.domains.auth.sessions import own_sessions
from mewayz.domains.auth.settings_state import entered, first_error
from mewayz.domains.auth.two_factor_state import TwoFactor
from mewayz.ui.events import ENROLLING, ONESELF, SIGNED_IN, actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import Locale, locale, plural

CURRENT = Field("currentPassword", "Current password", "password", required=True, autocomplete="current-password")
NEW = Field("password", "New password", "password", required=True, autocomplete="new-password")
REPEAT = Field("confirmPassword", "New password again", "password", required=True, autocomplete="new-password")
SESSIONS_TITLE = "sessions_title"
NAME = Field("name", "Name of the passkey", required=True)


class PasswordSettings(Guarded, rx.State):
    """A new password; neither the old nor the new one stays here."""

    email: str = ""
    name: str = ""
    visit: int = 0
    saving: bool = False

    @on(SIGNED_IN)
    async def load(self) -> None:
        """Show an empty form."""
        self.email, self.name = actor().email, actor().name
        self.error, self.error_id, self.field_errors, self.saving = "", "", {}, False
        self.visit += 1

    @on(ONESELF)
    async def save(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Change the password; the other sessions end."""
        clear(self)
        self.saving = True
        yield
        async with guarded(self):
            data = entered(form, CURRENT, NEW, REPEAT)
            if data[NEW.name] != data[REPEAT.name]:
                raise Invalid(fields={REPEAT.name: "The two passwords differ. Type the same one twice."})
            await accounts.change_password(actor(), data)
            await say(self, "Password changed. All other sessions have been signed out.")
            self.visit += 1
        self.saving = False
        yield first_error(self, CURRENT, NEW, REPEAT) or SessionList.load


@dataclass
class PasskeyRow:
    """A passkey in words."""

    id: str
    name: str
    uses: str


class PasskeyList(Guarded, rx.State):
    """The passkeys of this person."""

    loaded: bool = False
    rows: list[PasskeyRow] = []  # noqa: RUF012 (Reflex copies defaults per client)
    adding: bool = False
    renaming: str = ""
    removing: str = ""
    removing_name: str = ""
    nameless: bool = False
    named_href: str = ""
    named: str = ""

    @on(SIGNED_IN)
    async def load(self) -> None:
        """Read them."""
        self.adding, self.renaming, self.removing = False, "", ""
        place = passkey_place(str(self.router.url))
        self.nameless, self.named_href, self.named = place.nameless, place.href, place.name
        async with guarded(self):
            await self._read()

    @on(ENROLLING)
    async def add(self) -> None:
        """Offer the button that makes one, once the proof is fresh: the browser does the rest."""
        async with guarded(self):
            require_proof(actor())
            self.adding = True

    @on(ENROLLING)
    async def cancel(self) -> None:
        """Stop adding or renaming."""
        self.adding, self.renaming, self.error, self.field_errors = False, "", "", {}

    @on(ENROLLING)
    async def added(self, codes: str) -> Any:
        """The browser has added one; with the first factor came backup codes."""
        self.adding = False
        async with guarded(self):
            await say(self, "Passkey added.")
            await self._read()
        return TwoFactor.tell(codes)

    @on(ONESELF)
    async def rename(self, passkey_id: str) -> Any:
        """Offer to call one something else."""
        self.renaming, self.field_errors = passkey_id, {}
        return rx.set_focus(NAME.id)

    @on(ONESELF)
    async def save_name(self, form: dict[str, Any]) -> Any:
        """Keep the new name."""
        async with guarded(self):
            await passkeys.rename(actor(), self.renaming, entered(form, NAME))
            self.renaming = ""
            await self._read()
        return first_error(self, NAME)

    @on(ONESELF)
    async def ask_remove(self, passkey_id: str) -> None:
        """Ask whether one is to be removed."""
        async with guarded(self):
            require_proof(actor())
            found = next((row for row in self.rows if row.id == passkey_id), None)
            self.removing, self.removing_name = (found.id, found.name) if found else ("", "")

    @on(ONESELF)
    async def show_remove(self, asking: bool) -> None:
        """The dialog opens or closes."""
        if not asking:
            self.removing = ""

    @on(ONESELF)
    async def remove(self) -> Any:
        """Forget a passkey."""
        passkey_id, self.removing = self.removing, ""
        async with guarded(self):
            await passkeys.remove(actor(), passkey_id)
            await say(self, "Passkey removed.")
            await self._read()
            return TwoFactor.load

    async def _read(self) -> None:
        words = await locale()
        self.rows = [_passkey(found, words) for found in await passkeys.list(actor())]
        self.loaded = True


def _passkey(found: dict[str, Any], words: Locale) -> PasskeyRow:
    used = f"last used {words.ago(found['lastUsedAt'])}" if found["lastUsedAt"] else "never used"
    return PasskeyRow(found["id"], found["name"], f"Added {words.ago(found['createdAt'])}, {used}")


@dataclass
class SessionRow:
    """A session in words."""

    id: str
    device: str
    place: str
    current: bool
    phone: bool


class SessionList(Guarded, rx.State):
    """Where this person is signed in."""

    loaded: bool = False
    rows: list[SessionRow] = []  # noqa: RUF012 (Reflex copies defaults per client)

    @on(SIGNED_IN)
    async def load(self) -> None:
        """Read them."""
        async with guarded(self):
            await self._read()

    @on(ONESELF)
    async def end(self, session_id: str) -> Any:
        """Sign one out."""
        async with guarded(self):
            await own_sessions.end(actor(), session_id)
            await say(self, "The session has been signed out.")
            await self._read()
            return rx.set_focus(SESSIONS_TITLE)

    @on(ONESELF)
    async def end_others(self) -> Any:
        """Sign all others out."""
        async with guarded(self):
            ended = await own_sessions.end_others(actor())
            await say(self, f"{plural(ended, 'session has', 'sessions have')} been signed out.")
            await self._read()
            return rx.set_focus(SESSIONS_TITLE)

    async def _read(self) -> None:
        words = await locale()
        self.rows = [_session(found, words) for found in await own_sessions.list(actor())]
        self.loaded = True


def _session(found: dict[str, Any], words: Locale) -> SessionRow:
    used = "in use now" if found["current"] else f"last used {words.ago(found['lastUsedAt'])}"
    place = " · ".join(part for part in (found["address"], used, f"signed in {words.ago(found['createdAt'])}") if part)
    phone = any(name in found["device"] for name in ("iOS", "Android"))
    return SessionRow(found["id"], found["device"], place[:1].upper() + place[1:], found["current"], phone)
