"""What the pages about the access of others hold: an invitation to write, sessions to end, second factors to demand or take off."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar

import reflex as rx

from mewayz.backend.access import require_proof
from mewayz.backend.grants import Role
from mewayz.domains.auth.invitations import invitations
from mewayz.domains.auth.recovery import recovery
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.settings_state import entered, first_error
from mewayz.domains.users.model import Plan, User, UserStatus
from mewayz.domains.users.service import users
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.places import ROLE_WORDS, refill
from mewayz.ui.words import locale, plural

INVITATION = (
    Field("name", "Name", required=True),
    Field("email", "E-mail", "email", required=True, help="The invitation goes here. They choose their password themselves."),
    Field("role", "Role", "select", options=tuple((role.value, ROLE_WORDS[role]) for role in Role), required=True, half=True),
    Field("plan", "Plan", "select", options=tuple((plan.value, plan.value) for plan in Plan), required=True, half=True),
)


PAGE = "/users/[user_id]"


class InvitationForm(Guarded, rx.State):
    """Somebody to invite."""

    fields: ClassVar[Sequence[Field]] = INVITATION
    loaded: bool = False
    saving: bool = False
    visit: int = 0
    values: dict[str, Any] = {}  # noqa: RUF012 (Reflex copies defaults per client)

    @on("users:create")
    async def start(self) -> None:
        """Show an empty form."""
        self.error, self.error_id, self.field_errors, self.saving = "", "", {}, False
        self.values = {"name": "", "email": "", "role": Role.USER.value, "plan": Plan.FREE.value}
        self.visit += 1
        self.loaded = True

    @on("users:create")
    async def send(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Send the invitation and show whom it went to."""
        clear(self)
        self.saving = True
        yield
        event = None
        async with guarded(self):
            user = await invitations.invite(actor(), entered(form, *INVITATION))
            await say(self, f"Invitation sent to {user.email}.")
            event = rx.redirect(f"/users/{user.id}")
        self.saving = False
        yield event or first_error(self, *INVITATION)


class UserAccess(Guarded, rx.State):
    """How one user gets in: an open invitation, their sessions, and their second factors."""

    loaded: bool = False
    user_id: str = ""
    name: str = ""
    invited: bool = False
    invited_when: str = ""
    oneself: bool = False
    required: bool = False
    two_factor: bool = False
    asking: bool = False
    recovering: str = ""

    @on("users:read")
    async def load(self) -> None:
        """Read the user that the address names."""
        asked = self.router.url.path.rstrip("/").rpartition("/")[2]
        if asked != self.user_id:
            self.loaded, self.user_id = False, asked
        self.asking, self.recovering = False, ""
        async with guarded(self):
            await self._show(await users.get(actor(), asked))
        if self.error:
            # The page above says why there is nothing to show.
            self.loaded, self.error = False, ""

    @on("users:update")
    async def demand(self, required: bool) -> None:
        """Demand two-factor sign-in of this user, or no longer; of oneself without a second factor only after a question."""
        if required and self.user_id == actor().id and not self.two_factor:
            await self._ask("demand")
        else:
            await self._demand(required)

    @on("users:update")
    async def demand_of_oneself(self) -> None:
        """It covers oneself, and that is meant."""
        self.recovering = ""
        await self._demand(True)

    async def _demand(self, required: bool) -> None:
        async with guarded(self):
            await self._show(await requirements.require(actor(), self.user_id, required))
            await say(self, f"Two-factor sign-in is {'required' if required else 'no longer required'} for {self.name}.")

    @on("users:update")
    async def ask_recovery(self, what: str) -> None:
        """Ask whether all sessions are to end (`sessions`), or the second factors are to come off (`factors`)."""
        await self._ask(what if what in ("sessions", "factors") else "")

    async def _ask(self, what: str) -> None:
        async with guarded(self):
            require_proof(actor())
            self.recovering = what

    @on("users:update")
    async def show_recovery(self, asking: bool) -> None:
        """The dialog opens or closes."""
        if not asking:
            self.recovering = ""

    @on("users:update")
    async def end_sessions(self) -> None:
        """Sign this user out everywhere."""
        self.recovering = ""
        async with guarded(self):
            ended = await recovery.end_sessions(actor(), self.user_id)
            await say(self, f"{plural(ended, 'session has', 'sessions have')} been ended.")

    @on("users:update")
    async def remove_factors(self) -> Any:
        """Take off the second factors of this user."""
        self.recovering = ""
        async with guarded(self):
            user = await recovery.remove_factors(actor(), self.user_id)
            await say(self, f"The second factors of {user.name} are taken off.")
            return refill(PAGE)

    @on("users:create")
    async def resend(self) -> None:
        """Send the invitation again."""
        async with guarded(self):
            await self._show(await invitations.resend(actor(), self.user_id))
            await say(self, "Invitation sent again. The link before no longer works.")

    @on("users:delete")
    async def show(self, asking: bool) -> None:
        """The dialog opens or closes."""
        self.asking = asking

    @on("users:delete")
    async def cancel(self) -> Any:
        """Take the invitation back."""
        self.asking = False
        async with guarded(self):
            user = await invitations.cancel(actor(), self.user_id)
            await say(self, f"The invitation of {user.name} is cancelled.")
            return rx.redirect("/users")

    async def _show(self, user: User) -> None:
        self.name, self.oneself = user.name, user.id == actor().id
        self.required, self.two_factor = user.two_factor_required, user.two_factor
        self.invited = user.status == UserStatus.PENDING and user.invited_at is not None
        self.invited_when = (await locale()).ago(user.invited_at) if user.invited_at else ""
        self.loaded = True
