"""What the page of roles holds: the GRANTS table in words, the rule about two-factor sign-in, and looking as another role."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.access import require_proof
from mewayz.backend.grants import GRANTS, Role, Scope
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.roles import roles
from mewayz.domains.auth.second_factor import second_factor
from mewayz.ui.events import SIGNED_IN, actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say
from mewayz.ui.places import ShellState
from mewayz.ui.words import sentence

SCOPES = {Scope.ANY: "All", Scope.OWN: "Own", None: "–"}
_VERBS = ("read", "create", "update", "delete", "import", "export")
_TOLD = {"admin": "Administration"}


@dataclass(frozen=True)
class Line:
    """A verb of a noun, and how far each role may go."""

    verb: str
    scopes: tuple[str, ...]


def matrix() -> list[tuple[str, list[Line]]]:
    """The GRANTS table: nouns, their verbs, and a word for each role."""
    nouns: dict[str, set[str]] = {}
    for role in reversed(Role):  # the strongest first: it has the most nouns
        for name in GRANTS[role]:
            noun, _, verb = name.partition(":")
            nouns.setdefault(noun, set()).add(verb)

    def rank(verb: str) -> tuple[int, str]:
        return (_VERBS.index(verb) if verb in _VERBS else len(_VERBS), verb)

    def line(noun: str, verb: str) -> Line:
        return Line(sentence(verb), tuple(SCOPES[GRANTS[role].get(f"{noun}:{verb}")] for role in Role))

    return [(_TOLD.get(noun, sentence(noun)), [line(noun, verb) for verb in sorted(verbs, key=rank)]) for noun, verbs in nouns.items()]


class TwoFactorRule(Guarded, rx.State):
    """Who must use two-factor sign-in."""

    loaded: bool = False
    everyone: bool = False
    roles: list[str] = []  # noqa: RUF012 (Reflex copies defaults per client)
    asking: bool = False
    wished_everyone: bool = False
    wished_roles: list[str] = []  # noqa: RUF012

    @on("admin:read")
    async def load(self) -> None:
        """Read the rule."""
        self.asking = False
        async with guarded(self):
            self._show(await requirements.rule(actor()))

    @on("admin:update")
    async def demand_everyone(self, everyone: bool) -> None:
        """Everyone must, or only the roles that are chosen."""
        await self._wish(everyone, self.roles)

    @on("admin:update")
    async def demand(self, role: str, required: bool) -> None:
        """People with this role must, or need not."""
        await self._wish(False, [one for one in self.roles if one != role] + ([role] if required else []))

    @on("admin:update")
    async def show(self, asking: bool) -> None:
        """The dialog opens or closes."""
        self.asking = asking and self.asking

    @on("admin:update")
    async def go_on(self) -> None:
        """It may cover oneself."""
        self.asking = False
        await self._set(self.wished_everyone, self.wished_roles)

    async def _wish(self, everyone: bool, roles: list[str]) -> None:
        """Set it, unless one would have to set a second factor up oneself at once: then ask first."""
        async with guarded(self):
            require_proof(actor())
            found = await second_factor.status(actor())
            bare = not (found["totp"] or found["passkeys"] or found["required"])
            if bare and (everyone or actor().role in roles):
                self.wished_everyone, self.wished_roles, self.asking = everyone, roles, True
            else:
                await self._set(everyone, roles)

    async def _set(self, everyone: bool, roles: list[str]) -> None:
        async with guarded(self):
            self._show(await requirements.set_rule(actor(), {"everyone": everyone, "roles": list(roles)}))
            await say(self, "Saved. It counts from everybody's next click on.")

    def _show(self, rule: dict[str, Any]) -> None:
        self.everyone, self.roles, self.loaded = rule["everyone"], rule["roles"], True


class Viewing(Guarded, rx.State):
    """Looking at Mewayz as another role sees it."""

    @on("admin:read")
    async def start(self, role: str) -> Any:
        """Look as this role, from the dashboard on."""
        async with guarded(self):
            await roles.view_as(actor(), Role(role) if role in set(Role) else None)
            return rx.redirect("/")

    @on(SIGNED_IN)
    async def stop(self) -> Any:
        """See everything again."""
        async with guarded(self):
            await roles.view_as(actor(), None)
            return [ShellState.load, rx.redirect("/admin/roles")]
