"""Every event handler that Reflex knows is refused unless its policy allows it, by the gate itself and real sessions.

Browsers may fire any of them, with any arguments, in any order; what a page offers is no guard.
"""

from types import SimpleNamespace
from typing import Any

import pytest
from reflex.event import Event
from reflex.state import State
from reflex_base.registry import RegistrationContext

from mewayz.backend import passwords, runtime
from mewayz.backend.access import ANONYMOUS, PUBLIC, Actor, Policy, can
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.model import sessions
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.sessions import own_sessions
from mewayz.domains.users.state import UserTable
from mewayz.ui.events import actor, as_actor, on, policy_of
from mewayz.ui.gate import PolicyMiddleware
from mewayz.ui.notice import Notices, say
from mewayz.ui.ways import sign_in_path
from tests.domains.people import PASSWORD, add_person, add_shop
from tests.tabs import tab, visit

FRAMEWORK = {
    "state.hydrate",
    "state.hydrate_and_load",
    "state.set_is_hydrated",
    "on_load_internal_state.on_load_internal",
    "on_load_internal_state.set_is_hydrated",
    "update_vars_internal_state.update_vars_internal",
    "frontend_event_exception_state.handle_frontend_exception",
}
"""With which Reflex starts a tab and changes its page."""

ANYBODY = FRAMEWORK | {"notices.dismiss", "notices.failed", "arrival.at_login", "arrival.at_setup", "terms_text.load"}
OF_ONESELF = {
    "close_account": ("ask", "close", "show", "type_email"),
    "email_settings": ("cancel", "change", "load", "send"),
    "passkey_list": ("add", "added", "ask_remove", "cancel", "load", "remove", "rename", "save_name", "show_remove"),
    "password_settings": ("load", "save"),
    "preference_settings": ("choose_theme", "load", "save"),
    "profile_settings": ("load", "save"),
    "session_list": ("end", "end_others", "load"),
    "step_up": ("ask", "close", "prove", "proven"),
    "two_factor": ("arrive", "begin", "confirm", "copied", "go_on", "leave", "load", "tell", "unscan", "ask", "renew", "show", "turn_off"),
    "report_list": ("begin", "end", "load", "send"),
    "share_links": ("copied", "end", "make", "show"),
    "viewing": ("stop",),
}
"""The settings of one's own account."""
OF_A_LIST = (
    *("load", "find", "narrow", "look", "dismiss"),
    *("toggle_column", "move_column", "usual_columns", "set_density"),
    *("save_view", "update_view", "change_view", "delete_view"),
)
"""What everybody may do with a list that they may read."""
TABS_OF_FIGURES = (*(f"{name}_figures" for name in ("sales", "product", "customer", "inventory", "ageing", "forecast")), "metric_words")
A_USER = ANYBODY | {
    *(f"{state}.{name}" for state, names in OF_ONESELF.items() for name in names),
    "shell_state.load",
    "shell_state.find",
    *(f"board.{name}" for name in ("lay", "load", "look", "choose", "turn", "toggle", "move", "usual")),
    *("sales_figures.load", "sales_figures.look", "product_figures.load", "metric_words.load"),
    # One and the same two handlers of all tabs: one leads to another window, whose page asks again who may see it, one marks what is stale.
    *(f"{tab}.{name}" for tab in TABS_OF_FIGURES for name in ("choose", "turn")),
    "order_record.open",
    "latest_orders.load",
    "order_record.look",
    *(f"order_steps.{name}" for name in ("ask", "cancel", "close")),
    "product_record.open",
    "user_record.open",
    "user_access.load",
    *("product_images.load", "product_images.choose", "stock_ledger.load"),
    *(f"{noun}_table.{name}" for noun in ("order", "product", "user") for name in OF_A_LIST),
    *("order_table.export", "order_table.export_columns", "order_table.export_selected", "order_table.export_table"),
}
"""All that somebody with the role user may fire; a new handler must be added here on purpose."""


@pytest.fixture(scope="session")
def application() -> Any:
    """The whole application, with every room's handlers registered."""
    from mewayz.mewayz import app  # noqa: PLC0415 (takes seconds, and only these tests need it)

    return app


@pytest.fixture
def handlers(application: Any) -> dict[str, str]:
    """Every registered handler of the product and of Reflex: its full name by a short one."""
    known = RegistrationContext.get().event_handlers
    ours = [name for name, found in known.items() if found.states[0].__module__.startswith(("mewayz.", "reflex"))]
    return {".".join(name.split("____")[-1].rsplit(".", 1)): name for name in ours}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, application: Any) -> None:
    """Hashes at their lowest cost; sessions that are recognised."""
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(runtime, "identity", [auth.identify])


@pytest.fixture
async def people(runtime: Runtime) -> dict[str, Actor]:
    """Somebody of every role, in a shop."""
    await add_shop()
    return {role.value: await add_person(role) for role in Role}


async def cookie_of(person: Actor) -> str:
    """The Cookie header of a fresh session."""
    return f"mewayz_session={(await auth.sign_in(LoginPayload(email=person.email, password=PASSWORD))).token}"


async def passes(application: Any, name: str, state: State) -> bool:
    """Whether the gate lets an event through."""
    return await PolicyMiddleware().preprocess(application, state, Event(name=name, payload={})) is None


async def let_through(application: Any, handlers: dict[str, str], cookie: str) -> set[str]:
    """The short names of all that the gate lets through."""
    return {short for short, name in handlers.items() if await passes(application, name, tab(cookie=cookie))}


async def test_an_anonymous_visitor_fires_next_to_nothing(application: Any, handlers: dict[str, str], people: dict[str, Actor]) -> None:
    assert await let_through(application, handlers, "") == ANYBODY
    assert await let_through(application, handlers, "mewayz_session=forged") == ANYBODY


async def test_a_user_fires_what_the_role_allows(application: Any, handlers: dict[str, str], people: dict[str, Actor]) -> None:
    assert await let_through(application, handlers, await cookie_of(people["user"])) == A_USER


async def test_every_role_fires_what_its_grants_say(application: Any, handlers: dict[str, str], people: dict[str, Actor]) -> None:
    for person in people.values():
        expected = set()
        for short, name in handlers.items():
            policy = policy_of(name)
            if policy and (policy.public or policy.permission is None or can(person, policy.permission)):
                expected.add(short)
        assert await let_through(application, handlers, await cookie_of(person)) == expected, person.role


def test_every_handler_of_ours_says_who_may_fire_it(handlers: dict[str, str]) -> None:
    silent = {short for short, name in handlers.items() if policy_of(name) is None}
    assert silent == {short for short in handlers if short.endswith(".setvar")}


async def test_a_session_that_has_ended_is_nobody(application: Any, handlers: dict[str, str], people: dict[str, Actor]) -> None:
    cookie = await cookie_of(people["admin"])
    name = handlers["product_form.add"]
    assert await passes(application, name, tab(cookie=cookie))
    session = await auth.identify(cookie, "")
    await own_sessions.sign_out(session)
    assert not await passes(application, name, tab(cookie=cookie))
    assert await sessions.find(id=session.session_id) is None


async def test_a_refused_visitor_is_led_to_sign_in_and_back(application: Any, handlers: dict[str, str], people: dict[str, Actor]) -> None:
    state = tab("/orders?status=shipped&page=2")
    answer = await PolicyMiddleware().preprocess(application, state, Event(name=handlers["order_table.load"], payload={}))
    assert answer is not None
    # Nothing but why sign-in is shown.
    assert [dict(held) for held in answer.delta.values()] == [{"ended_rx_state_": True}]
    assert len(answer.events) == 1
    assert "/login?next=%2Forders%3Fstatus%3Dshipped%26page%3D2" in str(answer.events[0].payload)


async def test_a_refused_person_is_told(application: Any, handlers: dict[str, str], people: dict[str, Actor]) -> None:
    state = tab("/products", await cookie_of(people["user"]))
    answer = await PolicyMiddleware().preprocess(application, state, Event(name=handlers["product_form.add"], payload={"form": {}}))
    assert answer is not None
    assert not answer.events
    assert "Your role does not allow this. Ask an administrator for access." in str(answer.delta)


async def test_an_event_that_nobody_knows_is_refused(application: Any, people: dict[str, Actor]) -> None:
    state = tab("/products", await cookie_of(people["admin"]))
    for name in ("", "nonsense", "state.nonsense", "mewayz.state.drop", "state.setvar", "__init__", "a" * 10_000):
        assert not await passes(application, name, state), name


async def test_the_actor_of_an_event_is_who_its_cookie_names(application: Any, handlers: dict[str, str], people: dict[str, Actor]) -> None:
    for role in ("moderator", "admin"):
        await passes(application, handlers["shell_state.load"], tab("/products", await cookie_of(people[role])))
        assert (actor().id, actor().role) == (people[role].id, Role(role))
    await passes(application, handlers["shell_state.load"], tab())
    assert actor() == ANONYMOUS
    as_actor(ANONYMOUS)


async def test_a_tab_is_emptied_before_somebody_else_is_sent_what_it_holds(
    application: Any, handlers: dict[str, str], people: dict[str, Actor]
) -> None:
    state = tab("/users", await cookie_of(people["admin"]))
    table = await state.get_state(UserTable)

    async def begin(name: str, cookie: str) -> None:
        visit(state, "/users", cookie)
        assert await passes(application, handlers[name], state)

    cookie = await cookie_of(people["admin"])
    await begin("state.hydrate_and_load", cookie)
    await table.load()
    assert table.count == "4"
    await begin("state.hydrate_and_load", cookie)
    assert table.count == "4", "it is theirs"
    # Without beginning anew, another session gets nothing at all from it, be it of the same person.
    for other in (await cookie_of(people["user"]), await cookie_of(people["admin"])):
        visit(state, "/users", other)
        assert not await passes(application, handlers["user_table.load"], state)
        assert table.count == "4"
    await begin("state.hydrate_and_load", "")
    assert (table.count, table.rows) == ("", [])
    await begin("state.hydrate", await cookie_of(people["admin"]))
    await table.load()
    assert table.count == "4"
    await begin("state.hydrate", await cookie_of(people["user"]))
    assert (table.count, table.rows) == ("", [])


async def test_a_refusal_tells_nothing_of_a_tab_that_is_somebody_elses(
    application: Any, handlers: dict[str, str], people: dict[str, Actor]
) -> None:
    state = tab("/users", await cookie_of(people["admin"]))
    assert await passes(application, handlers["state.hydrate_and_load"], state)
    await say(state, "Invitation sent to grace@example.com.")
    for other in (await cookie_of(people["user"]), ""):
        visit(state, "/users", other)
        answer = await PolicyMiddleware().preprocess(application, state, Event(name="state.nonsense", payload={}))
        assert answer is not None
        assert "grace@example.com" not in str(answer.delta)
    assert len((await state.get_state(Notices)).shown) == 1, "nor is anything said there"


def test_the_gate_stands_before_the_framework(application: Any) -> None:
    assert isinstance(application._middlewares[0], PolicyMiddleware)


async def test_nothing_passes_before_the_backend_is_open(application: Any, handlers: dict[str, str]) -> None:
    assert not await passes(application, handlers["shell_state.load"], tab(cookie="mewayz_session=x"))


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/products", "", "/login?next=%2Fproducts&ended=1"),
        ("/products/", "?a=1", "/login?next=%2Fproducts%3Fa%3D1&ended=1"),
        ("/", "", "/login?ended=1"),
        ("/login", "?next=%2Fx", "/login"),
        ("//evil.example", "", "/login?next=%2F%2Fevil.example&ended=1"),
    ],
)
def test_where_to_sign_in(path: str, query: str, expected: str) -> None:
    assert sign_in_path(SimpleNamespace(router=SimpleNamespace(url=SimpleNamespace(path=path, query=query.lstrip("?"))))) == expected  # pyright: ignore


def test_a_policy_that_nobody_can_meet_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no role is granted"):
        on("products:raed")


def test_public_means_everybody() -> None:
    PUBLIC.verify(ANONYMOUS)
    assert Policy(public=True) == PUBLIC
