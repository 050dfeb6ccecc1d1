"""The pages as they are registered, and the frame around them: who sees which entry."""

import pytest

from mewayz.backend.access import SIGNED_IN, Actor, permission
from mewayz.backend.grants import GRANTS, Role, Scope
from mewayz.backend.runtime import Runtime
from mewayz.ui.places import GROUPS, PAGES, ShellState, places
from mewayz.ui.shell import _marked
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, tab, visit


@pytest.fixture(scope="module", autouse=True)
def application() -> None:
    """Every room's pages are registered."""
    import mewayz.mewayz  # noqa: F401, PLC0415 (takes seconds)


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """A user of a shop."""
    await add_shop()
    return await add_person(Role.USER, name="uma van der Berg")


def test_every_page_demands_something() -> None:
    assert PAGES
    for page in PAGES.values():
        if page.path.startswith("/settings"):  # one's own, whatever the role
            assert page.policy == SIGNED_IN
            continue
        assert page.policy.permission is not None, page.path
        assert permission(page.policy.permission) == page.policy
        assert not page.policy.public


def test_the_navigation_is_in_order() -> None:
    labels = [page.place.label for page in places() if page.place]
    assert labels == ["Dashboard", "Orders", "Products", "Customers", "Analytics", "Users", "Roles", "Administration"]
    assert {page.place.group for page in places() if page.place} <= set(GROUPS)


async def test_a_list_of_oneself_is_no_place(person: Actor) -> None:
    """Only those whose grant reaches further have the users in their menu; the page itself stays open to all who may read."""
    for role in Role:
        who = person if role is Role.USER else await add_person(role)
        shell = await opened(ShellState, "/users", who, tab("/users"))
        await shell.load()
        assert ("/users" in shell.paths) is (GRANTS[role]["users:read"] is Scope.ANY), role
        assert shell.allowed


@pytest.mark.parametrize(
    ("here", "marked"),
    [
        ("/", "/"),
        ("/orders/[order_id]", "/orders"),
        ("/admin", "/admin"),
        ("/admin/roles", "/admin/roles"),
        ("/analytics/customers", "/analytics"),
        ("/settings/security", "/settings/security"),
    ],
)
def test_one_entry_is_marked(here: str, marked: str) -> None:
    assert _marked(here) == marked


async def test_the_frame_knows_who_is_there(person: Actor) -> None:
    shell = await opened(ShellState, "/", person)
    await shell.load()
    assert (shell.ready, shell.allowed, shell.shop, shell.role, shell.initials) == (True, True, "Test shop", "User", "UV")
    assert shell.paths == ["/", "/orders", "/products", "/analytics"]
    assert shell.grants == sorted(GRANTS[Role.USER])


@pytest.mark.parametrize(
    ("route", "allowed"),
    [
        ("/", True),
        ("/orders", True),
        ("/orders/[order_id]", True),
        ("/customers", False),
        ("/customers/[customer_id]", False),
        ("/admin", False),
    ],
)
async def test_whether_a_page_may_be_opened(person: Actor, route: str, allowed: bool) -> None:
    root = tab()
    shell = await opened(ShellState, route, person, root)
    visit(root, route)
    await shell.load()
    assert shell.allowed is allowed


async def test_the_palette_finds_by_words(person: Actor) -> None:
    shell = await opened(ShellState, "/", person)
    await shell.load()
    assert len(shell.jumps) == 4
    await shell.find("SELL or")
    assert [jump.path for jump in shell.jumps] == ["/orders"]
    await shell.find("customers")
    assert shell.jumps == [], "not theirs to open"
    await shell.find("x" * 10_000)
    assert shell.jumps == []
    await shell.find("")
    assert len(shell.jumps) == 4
