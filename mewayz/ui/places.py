"""The pages of the application and where they stand in its navigation.

A room registers its pages with `@page`; the sidebar, the palette and the check of every page load follow from that.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.access import SIGNED_IN, Actor, Policy, permission, scope_of
from mewayz.backend.errors import Forbidden, Unauthenticated
from mewayz.backend.grants import GRANTS, Role, Scope
from mewayz.backend.shop import shop
from mewayz.ui.events import actor, on
from mewayz.ui.notice import Notices
from mewayz.ui.words import sentence

GROUPS = ("", "Sell", "Understand", "Help", "Admin")
"""Sections of the sidebar, in order; the first has no heading."""

ROLE_WORDS = {role: sentence(role.value) for role in Role}
"""What a role is called on every page, as in the lists."""


@dataclass(frozen=True)
class Place:
    """An entry of the navigation.

    Attributes:
        label: what it is called.
        icon: Lucide name.
        group: one of GROUPS.
        rank: order within the group.
        reach: how far the permission of its page must reach to be worth an entry; a list of oneself alone is not.
    """

    label: str
    icon: str
    group: str = ""
    rank: int = 0
    reach: Scope = Scope.OWN


@dataclass(frozen=True)
class Registered:
    """A page and what it demands."""

    path: str
    title: str
    policy: Policy
    place: Place | None


Render = Callable[[], rx.Component]

PAGES: dict[str, Registered] = {}
"""Registered pages by route, without the leading slash, as Reflex names them."""

SECTIONS: dict[str, list[Render]] = {}
"""What other rooms add below the page of a route."""

TOPS: list[Render] = []
"""What stands above every page: a condition that the person must not overlook."""

preferred_theme: list[Callable[[Actor], Awaitable[str]]] = []
"""Which theme a person has chosen for all their devices; set by the room that knows, the last one counts."""

preferred_density: list[Callable[[Actor], Awaitable[str]]] = []
"""How high a person likes the rows of tables; set by the room that knows, the last one counts."""

_loads: dict[str, list[Any]] = {}


Finder = Callable[[Actor, str], Awaitable[list["Jump"]]]

finders: list[Finder] = []
"""What else the palette looks into: each finds records that an actor may see."""

_MOST_JUMPS = 20


@dataclass
class Jump:
    """A row of the palette."""

    label: str
    path: str
    group: str


def places() -> list[Registered]:
    """The pages of the navigation, in its order."""
    found = [page for page in PAGES.values() if page.place]
    return sorted(found, key=lambda page: (GROUPS.index(page.place.group), page.place.rank, page.place.label))  # pyright: ignore[reportOptionalMemberAccess]


def actions() -> list[Registered]:
    """The pages outside of the navigation that need a permission and no record: where something is made."""
    return [page for page in PAGES.values() if page.place is None and page.policy.permission and "[" not in page.path]


def _offered(page: Registered) -> bool:
    """Whether the person may open a page, and it has more for them than what they find elsewhere."""
    if not _allowed(page.policy):
        return False
    name = page.policy.permission
    return page.place is None or page.place.reach is Scope.OWN or name is None or scope_of(actor(), name) is Scope.ANY


def _allowed(policy: Policy) -> bool:
    try:
        policy.verify(actor())
    except (Forbidden, Unauthenticated):
        return False
    return True


class ShellState(rx.State):
    """Who is signed in, and what they may open."""

    ready: bool = False
    allowed: bool = True
    shop: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    viewing: str = ""
    theme: str = ""
    initials: str = ""
    paths: list[str] = []  # noqa: RUF012 (Reflex copies defaults per client)
    jumps: list[Jump] = []  # noqa: RUF012
    grants: list[str] = []  # noqa: RUF012

    @on(SIGNED_IN)
    async def load(self) -> None:
        """Before every page: the person, the menu, and whether this page is theirs to open."""
        who = actor()
        here = PAGES.get(self.router.route_id.strip("/") or "index")
        self.allowed = here is None or _allowed(here.policy)
        self.shop = (await shop()).name
        self.name, self.email = who.name, who.email
        self.role = ROLE_WORDS[who.role] if who.role else ""
        self.viewing = self.role if who.viewing else ""
        self.initials = "".join(part[0] for part in who.name.split()[:2]).upper()
        self.paths = [page.path for page in places() if _offered(page)]
        self.jumps = self._matching("")
        (await self.get_state(Notices))._forget()
        if not self.ready and preferred_theme:
            self.theme = await preferred_theme[-1](who)
        self.grants = sorted(GRANTS[who.role]) if who.role else []
        self.ready = True

    @on(SIGNED_IN, supersedes=True)
    async def find(self, text: str) -> None:
        """Narrow the palette to what matches: pages, what can be done, and records."""
        found = self._matching(text[:100])
        if text.strip():
            for finder in finders:
                found += await finder(actor(), text[:100].strip())
        self.jumps = found[:_MOST_JUMPS]

    def _matching(self, text: str) -> list[Jump]:
        words = text.lower().split()
        found = [Jump(page.title, page.path, page.place.group or "General") for page in places() if page.place and page.path in self.paths]
        if words:
            found += [Jump(page.title, page.path, "Action") for page in actions() if _allowed(page.policy)]
        return [jump for jump in found if all(word in f"{jump.label} {jump.group}".lower() for word in words)]


def holds(needs: str) -> Any:
    """Whether the person in front of the page has the permission, for words and for what is shown; services guard themselves."""
    name = permission(needs).permission
    assert name is not None
    grants: Any = ShellState.grants
    return grants.contains(name)


def permitted(needs: str, *content: rx.Component) -> rx.Component:
    """`content` for those who hold the permission; the guard itself stands on the service."""
    return rx.cond(holds(needs), rx.fragment(*content))


def page(
    route: str,
    *,
    title: str,
    needs: str | Policy = SIGNED_IN,
    load: Sequence[Any] = (),
    place: Place | None = None,
) -> Callable[[Render], Render]:
    """Register a page inside the shell.

    Args:
        route: `/products`, `/products/[product_id]`.
        title: of the browser tab and the palette.
        needs: a permission such as `"products:read"`, or a policy.
        load: event handlers that fill it, run at each visit after the shell's own.
        place: its entry in the navigation, if it has one.
    """
    policy = permission(needs) if isinstance(needs, str) else needs

    def decorate(render: Render) -> Render:
        PAGES[route.strip("/") or "index"] = Registered(route, title, policy, place)
        # A list that sections may still add to: Reflex reads it when all rooms are there.
        loads = _loads.setdefault(route, [])
        loads[:0] = [ShellState.load, *load]

        def framed() -> rx.Component:
            from mewayz.ui.shell import frame  # noqa: PLC0415 (the shell draws what this module registers)

            return frame(rx.fragment(render(), *[extra() for extra in SECTIONS.get(route, ())]), here=route)

        framed.__name__, framed.__module__ = render.__name__, render.__module__
        rx.page(route=route, title=f"{title} · Mewayz", on_load=loads)(framed)
        return render

    return decorate


def section(route: str, *, load: Sequence[Any] = (), slot: str = "") -> Callable[[Render], Render]:
    """Add something to the page of a lower room, which does not know of it; `load` fills it at each visit.

    It stands below the page, or in one of the slots that the page has.
    """

    def decorate(render: Render) -> Render:
        SECTIONS.setdefault(f"{route}#{slot}" if slot else route, []).append(render)
        _loads.setdefault(route, []).extend(load)
        return render

    return decorate


def refill(route: str) -> list[Any]:
    """The events that fill a page at a visit, to fill it anew after a change that its parts do not know of from each other."""
    return [event for event in _loads[route] if event is not ShellState.load]


def slot(route: str, name: str) -> list[rx.Component]:
    """What other rooms have added to this slot of a page."""
    return [extra() for extra in SECTIONS.get(f"{route}#{name}", ())]


def on_top(render: Render) -> Render:
    """Show a component above every page; it renders nothing while there is nothing to say."""
    TOPS.append(render)
    return render


def bare_page(route: str, *, title: str, load: Sequence[Any] = ()) -> Callable[[Render], Render]:
    """Register a public page without the shell: sign-in, set-up."""
    return rx.page(route=route, title=f"{title} · Mewayz", on_load=list(load) or None)
