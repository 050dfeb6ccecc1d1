"""What the settings of one's own account hold: profile, e-mail address, closing, preferences."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

import reflex as rx

from mewayz.backend.access import Actor, require_proof
from mewayz.domains.auth.accounts import accounts
from mewayz.ui.events import ONESELF, SIGNED_IN, actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.places import preferred_density, preferred_theme

PROFILE = (
    Field("name", "Name", required=True, autocomplete="name"),
    Field("company", "Company", autocomplete="organization"),
)
NEW_EMAIL = Field("email", "New e-mail address", "email", required=True, autocomplete="email")
MARKETING = Field(
    "marketingConsent", "Send me news about the product", "checkbox", help="At most one mail a month. Mails about your account always come."
)
THEMES: tuple[tuple[Literal["light", "dark", "system"], str, str], ...] = (
    ("light", "Light", "sun"),
    ("dark", "Dark", "moon"),
    ("system", "Like the device", "monitor"),
)
EMAIL_SENT = "email_sent"
"""The id of what says so."""
_MOST = 300


async def _theme(who: Actor) -> str:
    return str((await accounts.profile(who)).preferences.get("theme", ""))


async def _density(who: Actor) -> str:
    return str((await accounts.profile(who)).preferences.get("density", ""))


preferred_theme.append(_theme)
preferred_density.append(_density)


def entered(form: Mapping[str, Any], *fields: Field) -> dict[str, Any]:
    """What a form holds for these fields; a text without the spaces around it, a password as it is."""
    found: dict[str, Any] = {}
    for item in fields:
        raw = form.get(item.name)
        if item.kind == "checkbox":
            found[item.name] = raw in (True, "on", "true")
        elif item.kind == "password":
            found[item.name] = str(raw or "")
        else:
            found[item.name] = str(raw or "")[:_MOST].strip()
    return found


def first_error(state: Guarded, *fields: Field) -> Any:
    """The focus on the first control that needs attention."""
    return next((rx.set_focus(item.id) for item in fields if item.name in state.field_errors), None)


class ProfileSettings(Guarded, rx.State):
    """Who one is to the others."""

    loaded: bool = False
    saving: bool = False
    visit: int = 0
    values: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults per client)
    plan: str = ""
    wished_plan: str = ""

    @on(SIGNED_IN)
    async def load(self) -> None:
        """Fill the form."""
        async with guarded(self):
            user = await accounts.profile(actor())
            self.values = {"name": user.name, "company": user.company}
            self.plan, self.wished_plan = user.plan, "" if user.wished_plan == user.plan else user.wished_plan
            self.visit += 1
            self.saving, self.loaded = False, True

    @on(ONESELF)
    async def save(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Save name and company."""
        clear(self)
        self.saving = True
        yield
        async with guarded(self):
            await accounts.save_profile(actor(), entered(form, *PROFILE))
            await say(self, "Profile saved.")
        self.saving = False
        yield first_error(self, *PROFILE)


class EmailSettings(Guarded, rx.State):
    """The address that one signs in with."""

    loaded: bool = False
    email: str = ""
    changing: bool = False
    busy: bool = False
    asked: str = ""

    @on(SIGNED_IN)
    async def load(self) -> None:
        """Show the present address."""
        self.changing, self.busy, self.asked = False, False, ""
        async with guarded(self):
            self.email = (await accounts.profile(actor())).email
            self.loaded = True

    @on(ONESELF)
    async def change(self) -> Any:
        """Ask for another one."""
        async with guarded(self):
            require_proof(actor())
            self.changing, self.asked = True, ""
            return rx.set_focus(NEW_EMAIL.id)

    @on(ONESELF)
    async def cancel(self) -> None:
        """Keep the present one."""
        self.changing, self.error, self.field_errors = False, "", {}

    @on(ONESELF)
    async def send(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Send the mail that confirms the new address."""
        clear(self)
        self.busy = True
        yield
        async with guarded(self):
            data = entered(form, NEW_EMAIL)
            await accounts.change_email(actor(), data)
            self.asked, self.changing = data["email"], False
        self.busy = False
        yield first_error(self, NEW_EMAIL) or (rx.set_focus(EMAIL_SENT) if self.asked else None)


class CloseAccount(Guarded, rx.State):
    """The way out."""

    email: str = ""
    asking: bool = False
    typed: str = ""
    busy: bool = False

    @on(ONESELF)
    async def ask(self) -> None:
        """Ask whether this is meant."""
        async with guarded(self):
            require_proof(actor())
            self.email, self.typed, self.asking = actor().email, "", True

    @on(ONESELF)
    async def show(self, asking: bool) -> None:
        """The dialog opens or closes."""
        self.asking = asking and self.asking

    @on(ONESELF)
    async def type_email(self, text: str) -> None:
        """What has been typed to confirm it."""
        self.typed = text[:_MOST]

    @on(ONESELF)
    async def close(self) -> AsyncIterator[Any]:
        """Close the account and leave."""
        if self.typed.strip().lower() != actor().email.lower():
            return
        clear(self)
        self.busy = True
        yield
        event = None
        async with guarded(self):
            await accounts.close(actor())
            event = rx.redirect("/login", replace=True)
        self.busy, self.asking = False, False
        yield event


class PreferenceSettings(Guarded, rx.State):
    """How the pages look, and which mails one wants."""

    loaded: bool = False
    theme: str = ""
    marketing: bool = False
    visit: int = 0

    @on(SIGNED_IN)
    async def load(self) -> None:
        """Fill the form."""
        async with guarded(self):
            user = await accounts.profile(actor())
            self.theme, self.marketing = str(user.preferences.get("theme", "")), user.marketing_consent
            self.visit += 1
            self.loaded = True

    @on(ONESELF)
    async def choose_theme(self, theme: str) -> None:
        """Keep the theme, for the other devices of this person."""
        async with guarded(self):
            kept = (await accounts.profile(actor())).preferences
            await accounts.save_profile(actor(), {"preferences": {**kept, "theme": theme}})
            self.theme = theme

    @on(ONESELF)
    async def save(self, form: dict[str, Any]) -> None:
        """Keep the consent."""
        async with guarded(self):
            user = await accounts.save_profile(actor(), entered(form, MARKETING))
            self.marketing = user.marketing_consent
            await say(self, "Preferences saved.")
