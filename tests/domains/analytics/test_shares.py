"""Links to figures: they show one page as its maker may see it now, to whoever has them, and no longer than they are meant to."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from mewayz.backend import clock
from mewayz.backend.access import ANONYMOUS, SYSTEM, Actor, EnrolmentRequired, ReadOnly
from mewayz.backend.errors import Invalid, NotFound, Unauthenticated
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime, current
from mewayz.domains.analytics.boards import boards
from mewayz.domains.analytics.report_letter import Ways, fill
from mewayz.domains.analytics.share_routes import SHARED_ROUTES
from mewayz.domains.analytics.share_state import ShareLinks
from mewayz.domains.analytics.shares import ShareEnded, TooManyShares, shares
from mewayz.domains.analytics.sheets import PAGES, NotShareable, make_sheet
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.users.service import users
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person
from tests.tabs import opened

TODAY = datetime(2026, 3, 15, 12, tzinfo=UTC)
WINDOW = "from=2026-03-01&to=2026-03-11"


Watch = Callable[[timedelta], None]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """A clock that stands, at TODAY until it is set to so much later."""
    with ExitStack() as stack:

        def later(time: timedelta) -> None:
            stack.enter_context(clock.frozen(TODAY + time))

        later(timedelta(0))
        yield later


@pytest.fixture
async def maker(runtime: Runtime, watch: Watch) -> Actor:
    """An enterprise user of a shop that has sold something."""
    shop = await HistoricShop().open()
    await shop.product("Lamp", inventory={"stock": 2, "lowStockThreshold": 5})
    await shop.sell("2026-03-01 10:00", "Ann")
    await shop.sell("2026-03-10 10:00", "Ann", ("Lamp", 2, "10"))
    await shop.sell("2026-03-10 12:00", "Ben", ("<script>alert(1)</script>", 1, "10"), country="Spain")
    await shop.sell("2026-03-10 13:00", "Ben", ("Lamp", -1, "10"), country="Spain")
    await add_person(Role.ADMIN)
    return await add_person(Role.ENTERPRISE)


async def share(who: Actor, path: str = "/", query: str = WINDOW, days: int = 7) -> tuple[str, str]:
    """Id and secret of a new link."""
    made, token = await shares.create(who, {"path": path, "query": query, "days": days})
    return made.id, token


@asynccontextmanager
async def visitor(address: str = "203.0.113.9") -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without an account."""
    transport = httpx.ASGITransport(Starlette(routes=SHARED_ROUTES), client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://test.example") as client:
        yield client


async def look(token: str) -> httpx.Response:
    async with visitor() as client:
        return await client.get(f"/shared/{token}")


class Seen(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


async def events(name: str) -> list[Any]:
    rows = await current().database.fetch(text("SELECT actor_id, target FROM audit_log WHERE event = :event").bindparams(event=name))
    return list(rows)


async def test_a_link_shows_the_figures_and_nothing_else(maker: Actor) -> None:
    _, token = await share(maker)
    answer = await look(token)
    assert answer.status_code == 200
    page = Seen(answer.text)
    for words in ("Test shop", "1–10 Mar 2026 vs previous 10 days", "£40.00", "Lamp", "France", "Spain", "until 22 Mar 2026"):
        assert words in page.text, words
    assert "Ann" not in page.text, "customers have not agreed to be in a link"
    assert "H-1" not in answer.text
    assert "<script>alert(1)</script>" in page.text, "what people typed is text"
    # Nothing runs, nothing is loaded, nothing leads anywhere.
    assert {"script", "a", "form", "link", "img", "iframe", "base", "object"}.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name in {"href", "src", "style", "action"} or name.startswith("on")]
    assert page.tags.count("svg") == 1 + 2 + 2, "a chart, and a bar for each product and country"


async def test_its_answer_is_kept_nowhere_and_runs_nothing(maker: Actor) -> None:
    _, token = await share(maker)
    for answer in (await look(token), await look("x" * 43)):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script" not in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.text
        assert "set-cookie" not in answer.headers
    async with visitor() as client:
        assert (await client.head(f"/shared/{token}")).status_code == 200
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await client.request(method, f"/shared/{token}")).status_code == 405


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/"])
async def test_every_page_of_analytics_can_be_shared(maker: Actor, path: str) -> None:
    _, token = await share(maker, path)
    answer = await look(token)
    assert answer.status_code == 200
    page = Seen(answer.text)
    assert PAGES[path].title in page.text
    assert "table" in page.tags
    assert "Ann" not in page.text.split()


async def test_a_filter_stays_in_the_link(maker: Actor) -> None:
    _, token = await share(maker, "/analytics", f"{WINDOW}&country=Spain")
    page = Seen((await look(token)).text)
    assert "£10.00" in page.text
    assert "£40.00" not in page.text
    assert "France" not in page.text


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/analytics", "country=Spain"),
        ("/analytics", "plan=Pro"),
        ("/analytics/customers", "plan=(none)"),
        ("/analytics/products", "category=Light"),
    ],
)
async def test_a_shared_page_names_what_narrows_it(maker: Actor, path: str, query: str) -> None:
    who = await add_person(Role.ADMIN, email="ada@example.com") if "plan" in query else maker
    _, token = await share(who, path, f"{WINDOW}&{query}")
    answer = unescape((await look(token)).text)
    told = {
        "country=Spain": "Country is Spain",
        "plan=Pro": "Plan of the customer's account is Pro",
        "plan=(none)": "Customers without an account",
        "category=Light": "Category is Light",
    }[query]
    assert f": {told} · Test shop</title>" in answer
    assert told in answer.split("</header>")[0].split("<header>")[1]
    _, token = await share(who, path)
    assert "Country is" not in (await look(token)).text
    sheet = await make_sheet(who, path, dict(parse_qsl(f"{WINDOW}&{query}")))
    message = EmailMessage()
    await fill(message, sheet, "Weekly report", "Test shop", Ways("http://test.example/"))
    for part in ("plain", "html"):
        body = message.get_body((part,))
        assert body is not None
        assert told in unescape(body.get_content())


async def test_without_a_window_it_is_always_the_latest_days(maker: Actor, watch: Watch) -> None:
    _, token = await share(maker, query="")
    assert "14 Feb 2026 – 15 Mar 2026" in (await look(token)).text
    watch(timedelta(days=2))
    assert "16 Feb 2026 – 17 Mar 2026" in (await look(token)).text


async def test_what_is_put_on_the_dashboard_later_is_not_in_the_link(maker: Actor) -> None:
    await boards.arrange(maker, ["orders", "list.orders"])
    _, token = await share(maker)
    await boards.arrange(maker, ["gross", "list.products"])
    page = Seen((await look(token)).text)
    assert "Orders" in page.text
    assert "£" not in page.text
    await boards.arrange(maker, ["list.orders"])
    with pytest.raises(NotShareable):
        await share(maker)


async def test_only_the_hash_of_the_secret_is_kept(maker: Actor) -> None:
    key, token = await share(maker)
    assert len(token) == 43, "256 bits"
    rows = await current().database.fetch(text("SELECT * FROM shares"))
    details = await current().database.fetch(text("SELECT details FROM audit_log"))
    assert token not in f"{[list(row) for row in rows]} {[list(row) for row in details]}"
    assert [(row[0], row[1]) for row in await events("analytics.shared")] == [(maker.id, key)]


async def test_it_ends_at_its_time(maker: Actor, watch: Watch) -> None:
    _, token = await share(maker, days=1)
    watch(timedelta(hours=23, minutes=59))
    assert (await look(token)).status_code == 200
    watch(timedelta(days=1))
    answer = await look(token)
    assert answer.status_code == 404
    assert "This link no longer works" in answer.text
    assert "£" not in answer.text
    assert await shares.mine(maker) == []


async def test_its_maker_ends_it_at_once(maker: Actor) -> None:
    key, token = await share(maker)
    kept, _ = await share(maker, "/analytics")
    stranger = await add_person(Role.MODERATOR)
    for wrong in (kept[::-1], "nonsense", ""):
        with pytest.raises(NotFound):
            await shares.end(maker, wrong)
    with pytest.raises(NotFound):
        await shares.end(stranger, key)
    assert (await look(token)).status_code == 200
    await shares.end(maker, key)
    assert (await look(token)).status_code == 404
    assert [one.id for one in await shares.mine(maker)] == [kept]
    assert [(row[0], row[1]) for row in await events("analytics.share_ended")] == [(maker.id, key)]


async def test_a_suspension_ends_it_for_good(maker: Actor, watch: Watch) -> None:
    _, token = await share(maker)
    watch(timedelta(minutes=1))
    await users.update(SYSTEM, maker.id, {"status": "suspended"})
    assert (await look(token)).status_code == 404
    await users.update(SYSTEM, maker.id, {"status": "active"})
    assert (await look(token)).status_code == 404
    watch(timedelta(minutes=2))
    _, fresh = await share(maker)
    assert (await look(fresh)).status_code == 200


async def test_it_follows_the_rights_of_its_maker(maker: Actor) -> None:
    _, dashboard = await share(maker)
    _, customers = await share(maker, "/analytics/customers")
    _, stock = await share(maker, "/analytics/inventory")
    assert "Low stock" in (await look(dashboard)).text
    await users.update(SYSTEM, maker.id, {"role": "user"})
    page = await look(dashboard)
    assert page.status_code == 200
    assert "£40.00" not in page.text, "from now on their own figures"
    assert "Low stock" not in page.text
    assert (await look(customers)).status_code == 404
    assert (await look(stock)).status_code == 404
    await users.update(SYSTEM, maker.id, {"role": "enterprise"})
    await requirements.require(SYSTEM, maker.id, True)
    assert (await look(dashboard)).status_code == 404, "who must enrol sees nothing before that"
    await users.delete(SYSTEM, maker.id)
    assert (await look(dashboard)).status_code == 404


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "../" + "x" * 40, "%00" * 20, "é" * 43, "x" * 5_000])
async def test_a_guess_finds_nothing(maker: Actor, token: str) -> None:
    await share(maker)
    answer = await look(token)
    assert answer.status_code == 404
    with pytest.raises(ShareEnded):
        await shares.open(token)


async def test_guessing_is_bounded(maker: Actor, runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"rate_limit_anonymous": 3})
    _, token = await share(maker)
    async with visitor() as client:
        assert [(await client.get(f"/shared/{word * 43}")).status_code for word in "abc"] == [404] * 3
        refused = await client.get(f"/shared/{token}")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "Too many requests" in refused.text
    async with visitor("203.0.113.10") as client:
        assert (await client.get(f"/shared/{token}")).status_code == 200


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"path": "/orders"}, NotShareable),
        ({"path": "/shared/x"}, NotShareable),
        ({"path": ""}, NotShareable),
        ({"path": "/analytics", "query": "from=yesterday"}, Invalid),
        ({"path": "/", "query": "country=France"}, Invalid),
        ({"path": "/analytics", "query": "no=such"}, Invalid),
        ({"path": "/", "days": 2}, Invalid),
        ({"path": "/", "days": 3650}, Invalid),
        ({"path": "/", "ownerId": "f" * 24}, Invalid),
        ({}, Invalid),
    ],
)
async def test_what_cannot_be_shared(maker: Actor, data: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        await shares.create(maker, data)
    assert await shares.mine(maker) == []


async def test_who_makes_links(maker: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unauthenticated):
        await share(ANONYMOUS)
    with pytest.raises(ReadOnly):
        await share(Actor(maker.id, role=Role.USER, session_id="s", viewing=True))
    with pytest.raises(EnrolmentRequired):
        await share(Actor(maker.id, role=Role.USER, session_id="s", restricted=True))
    monkeypatch.setattr("mewayz.domains.analytics.shares.MAX_SHARES", 1)
    await share(maker)
    with pytest.raises(TooManyShares):
        await share(maker)


async def test_the_panel(maker: Actor) -> None:
    panel = await opened(ShareLinks, f"/analytics?{WINDOW}&country=Spain&utm_source=x", maker)
    await panel.show(True)
    assert panel.what == "Analytics of sales, 1–10 Mar 2026, Country is Spain"
    await panel.make({"days": "1"})
    assert panel.error == ""
    token = panel.made.rsplit("/", 1)[-1]
    assert panel.made.endswith(f"/shared/{token}")
    assert (await look(token)).status_code == 200
    assert [line.label for line in panel.out] == ["Analytics of sales, 1–10 Mar 2026, Country is Spain"]
    await panel.end(panel.out[0].id)
    assert (panel.out, panel.made) == ([], "")
    assert (await look(token)).status_code == 404
    for days in ("", "2", "forever"):
        await panel.make({"days": days})
        assert panel.error != ""
    panel = await opened(ShareLinks, "/", maker)
    await panel.show(True)
    assert panel.what == "Dashboard, always the latest 30 days"
    panel = await opened(ShareLinks, "/orders", maker)
    await panel.make({"days": "1"})
    assert panel.error == "This page has no figures that can be shared or sent."
