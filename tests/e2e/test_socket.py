"""A script without a browser at the websocket: refused, and nothing happens to the data or to the server."""

from typing import Any

import pytest
from wsproto.events import BytesMessage, TextMessage

from tests.e2e.conftest import trouble
from tests.e2e.shops import DemoShop
from tests.socket_client import Refused, Tab

ROOT = "reflex___state____state"
ADMIN = f"{ROOT}.mewayz___domains___admin___state____demo"
PRODUCT = f"{ROOT}.mewayz___domains___products___state____product_form"
USER = f"{ROOT}.mewayz___domains___users___state____new_user_form"
TABLE = f"{ROOT}.mewayz___domains___customers___state____customer_table"
SHELL = f"{ROOT}.mewayz___ui___places____shell_state"
KNOWN = "customers.example"
"""Stands in the address of every customer of the demo shop."""

WRITES: list[tuple[str, dict[str, Any]]] = [
    (f"{PRODUCT}.add", {"form": {"name": "From a script", "price": "1", "status": "published"}}),
    (f"{PRODUCT}.save", {"form": {"name": "From a script"}}),
    (f"{PRODUCT}.remove", {}),
    (f"{USER}.add", {"form": {"name": "From a script", "email": "script@evil.example", "password": "Garden-gate-42", "role": "admin"}}),
    (f"{ADMIN}.bring", {}),
    (f"{ADMIN}.drop", {}),
    (f"{PRODUCT}.setvar", {"var_name": "record_id", "value": "x"}),
    (f"{SHELL}.setvar", {"var_name": "grants", "value": ["admin:update"]}),
]


def everything(shop: DemoShop) -> dict[str, Any]:
    """What there is, as the owner sees it."""
    totals = {noun: shop.get(f"/{noun}", limit="1")["pagination"]["totalItems"] for noun in ("products", "orders", "customers", "users")}
    return {**totals, "latest": shop.get("/products", sort="-updatedAt", limit="3")["products"]}


def cookie(shop: DemoShop, role: str) -> str:
    """The Cookie header of somebody with this role."""
    return f"mewayz_session={shop.session(role)['cookie']}"


@pytest.mark.parametrize("role", ["", "user"])
async def test_writes_of_a_script_change_nothing(live_server: DemoShop, role: str) -> None:
    before = everything(live_server)
    async with Tab(live_server.url, cookie=cookie(live_server, role) if role else "") as tab:
        for name, payload in WRITES:
            refusal = "Your role does not allow this" if name.endswith("setvar") or role else "/login?next="
            assert refusal in await tab.told(name, "/products/new", refusal, **payload), name
    assert everything(live_server) == before


async def test_reads_of_a_script_are_answered_with_nothing(live_server: DemoShop) -> None:
    async with Tab(live_server.url) as tab:
        for name in (f"{TABLE}.load", f"{SHELL}.load", f"{ADMIN}.load"):
            answer = await tab.told(name, "/customers", "/login?next=")
            assert "/login?next=" in answer, name
            assert KNOWN not in answer
        answer = str(await tab.fire(f"{ROOT}.hydrate_and_load", "/customers"))
    assert KNOWN not in answer
    assert live_server.people["owner"].email not in answer


async def test_one_session_does_not_read_the_tab_of_another(live_server: DemoShop) -> None:
    """The token of a tab is chosen by the client: whoever learns it must not be given what the tab has shown."""
    async with Tab(live_server.url, cookie=cookie(live_server, "owner")) as tab:
        await tab.fire(f"{ROOT}.hydrate_and_load", "/customers")
        assert KNOWN in await tab.told(f"{TABLE}.load", "/customers", KNOWN)
    for thief in ("", cookie(live_server, "user")):
        async with Tab(live_server.url, cookie=thief, token=tab.token) as stolen:
            answer = str(await stolen.fire(f"{ROOT}.hydrate_and_load", "/customers"))
            answer += str(await stolen.fire(f"{ROOT}.hydrate", "/customers"))
        assert KNOWN not in answer


async def test_nonsense_does_no_harm(live_server: DemoShop) -> None:
    said, session = len(live_server.output()), cookie(live_server, "owner")
    async with Tab(live_server.url, cookie=session) as tab:
        for name, payload in [
            ("nonsense", {}),
            (f"{ROOT}.nonsense.load", {}),
            (f"{TABLE}._show", {}),
            (f"{TABLE}.find", {"text": {"not": "a text"}}),
            (f"{TABLE}.find", {"text": None}),
            (f"{TABLE}.find", {}),
            (f"{TABLE}.find", {"text": "a", "more": 1}),
            (f"{TABLE}.find", {"self": "me"}),
            (f"{TABLE}.narrow", {"form": ["no", "object"]}),
            (f"{TABLE}.narrow", {"form": {"country": {"deep": [1]}, "__class__": "x", "path": "//evil"}}),
            (f"{PRODUCT}.add", {"form": None}),
            (f"{PRODUCT}.add", {"form": {"name": ["a"], "price": {"a": 1}, "inventory.stock": "many"}}),
            (f"{PRODUCT}.type_name", {"text": 7}),
        ]:
            await tab.post(name, "/customers", **payload)
        load: dict[str, Any] = {"name": f"{TABLE}.load", "payload": {}}
        for data in (
            {},
            {"name": None},
            {"name": 5, "payload": {}},
            {**load, "payload": "x"},
            {**load, "router_data": "x"},
            {**load, "router_data": {"pathname": 5, "asPath": "//[", "query": []}},
        ):
            await tab.send(data)
        assert KNOWN in await tab.told(f"{TABLE}.load", "/customers", KNOWN)
    async with Tab(live_server.url, cookie=session) as tab:
        assert KNOWN in await tab.told(f"{TABLE}.load", "/customers", KNOWN)
    # What the log says about all this gives no session away.
    assert session.removeprefix("mewayz_session=") not in live_server.output()[said:]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_another_site_gets_no_socket(live_server: DemoShop, origin: str) -> None:
    with pytest.raises(Refused):
        async with Tab(live_server.url, cookie=cookie(live_server, "owner"), origin=origin):
            pass


class RawTab(Tab):
    """A socket that sends any message, and sees its end."""

    async def say(self, message: str | bytes) -> None:
        """Send one message as it is."""
        await self._put(TextMessage(data=message) if isinstance(message, str) else BytesMessage(data=message))

    async def ended(self) -> bool:
        """Whether the server closes it."""
        try:
            while True:
                await self._next()
        except TimeoutError:
            return False
        except (Refused, ConnectionError):
            return True


def nested(depth: int) -> Any:
    """A list in a list in a list, and so on."""
    found: Any = "x"
    for _ in range(depth):
        found = [found]
    return found


async def test_deep_events_are_dropped(live_server: DemoShop) -> None:
    said, session = len(live_server.output()), cookie(live_server, "owner")
    async with RawTab(live_server.url, cookie=session) as tab:
        for depth in (40, 400):
            await tab.post(f"{TABLE}.narrow", "/customers", form={"country": nested(depth)})
        await tab.say(f'42/_event,["event",{{"name":{"[" * 100_000}}}]')
        await tab.say('42/_event,["event",{"name":}]')
        assert KNOWN in await tab.told(f"{TABLE}.load", "/customers", KNOWN)
    assert trouble(live_server.output()[said:]) == ""


async def test_the_event_of_a_stranger_does_not_stop_the_process(live_server: DemoShop) -> None:
    """The names are those of Reflex. What is in them is logged, and looked through."""
    report = f"{ROOT}.reflex___state____frontend_event_exception_state.handle_frontend_exception"
    async with Tab(live_server.url) as tab:
        for name, key in ((report, "info"), (f"{ROOT}.hydrate", "x"), (f"{ROOT}.unknown", "x")):
            await tab.post(name, "/login", **{key: "\\" * 7000}, component_stack="x")
        assert await tab.fire(f"{ROOT}.hydrate", "/login")


@pytest.mark.parametrize(
    "message",
    [
        b"binary",
        '451-/_event,["event",{"_placeholder":true,"num":0}]',
        "4" + "[" * 100_000,
        "nonsense",
        "",
        '42/_other,["event",{}]',
        '42/_event,["connect",{"QUERY_STRING":"token=flood-1"}]',
        '42/_event,["disconnect"]',
        '42/_event,["event"]',
        '42/_event,["event",null]',
        '421/_event,["event",{}]',
        "40/_event,",
        '42/_event,["event",{"name":"' + "x" * 1_000_000 + '"}]',
        '42/_event,["event",{"name":"' + "é" * 600_000 + '"}]',
    ],
    ids=[
        "binary",
        "with attachment",
        "deep",
        "nonsense",
        "empty",
        "other namespace",
        "connect",
        "disconnect",
        "no data",
        "null",
        "with an answer",
        "again",
        "large",
        "large in bytes",
    ],
)
async def test_what_no_page_sends_ends_the_socket(live_server: DemoShop, message: str | bytes) -> None:
    said, session = len(live_server.output()), cookie(live_server, "owner")
    async with RawTab(live_server.url, cookie=session) as tab:
        await tab.say(message)
        assert await tab.ended()
    async with Tab(live_server.url, cookie=session) as tab:
        assert KNOWN in await tab.told(f"{TABLE}.load", "/customers", KNOWN)
    assert trouble(live_server.output()[said:]) == ""
