"""Reports: they leave when they are due, once, with the rights of whoever reads them, and stop when told to."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import text
from starlette.applications import Starlette

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM, Actor, ReadOnly
from mewayz.backend.errors import Forbidden, Invalid, NotFound, RateLimited, Unavailable
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime, current, open_runtime
from mewayz.backend.settings import Settings
from mewayz.domains.analytics.boards import boards
from mewayz.domains.analytics.cadence import Every
from mewayz.domains.analytics.report_post import LEASE, PAUSES, post, send_now
from mewayz.domains.analytics.report_routes import REPORT_ROUTES
from mewayz.domains.analytics.report_state import ReportList
from mewayz.domains.analytics.reports import Reports, TooManyReports, letters_collection, reports, stop_token
from mewayz.domains.users.service import users
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person
from tests.smtp import MailServer
from tests.tabs import opened

START = datetime(2026, 3, 10, 12, tzinfo=UTC)  # a Tuesday
Watch = Callable[[datetime], None]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """A clock that stands, at START until it is set."""
    with ExitStack() as stack:

        def at(moment: datetime) -> None:
            stack.enter_context(clock.frozen(moment))

        at(START)
        yield at


@pytest.fixture
async def posting(migrated: Settings, mail_server: MailServer, watch: Watch) -> AsyncIterator[Runtime]:
    """The runtime with a mail server, in a shop that has sold something."""
    settings = migrated.model_copy(update={"smtp_url": mail_server.url, "public_url": "https://shop.example"})
    async with open_runtime(settings) as opened:
        shop = await HistoricShop().open()
        await shop.sell("2026-03-09 10:00", "Ann", ("Lamp <b>", 2, "10"))
        await shop.sell("2026-03-10 10:00", "Ben", ("Lamp <b>", 3, "10"), country="Spain")
        yield opened


@pytest.fixture
async def ada(posting: Runtime) -> Actor:
    """An administrator."""
    return await add_person(Role.ADMIN)


def day(hour: int, number: int = 11) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def sent(server: MailServer) -> list[str]:
    """To whom letters went."""
    return [str(letter["To"]) for letter in server.letters]


def part(letter: EmailMessage, kind: str) -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return body.get_content()


async def daily(who: Actor, **more: Any) -> str:
    """The id of a report at eight o'clock."""
    return (await reports.create(who, {"every": "day", "hour": 8, **more})).id


async def test_it_leaves_when_it_is_due_and_not_before(ada: Actor, mail_server: MailServer, watch: Watch) -> None:
    await daily(ada)
    assert await post() == 0
    watch(day(7))
    assert await post() == 0
    watch(day(8))
    assert await post() == 1
    assert await post() == 0
    assert sent(mail_server) == ["admin@example.com"]
    watch(day(8, 12))
    assert await post() == 1
    assert [str(letter["Subject"]) for letter in mail_server.letters] == ["Daily report: 10 Mar 2026", "Daily report: 11 Mar 2026"]


async def test_what_the_letter_holds(ada: Actor, mail_server: MailServer, watch: Watch) -> None:
    await boards.arrange(ada, ["gross", "orders", "gross.chart", "list.products", "list.orders"])
    key = await daily(ada)
    watch(day(8))
    await post()
    (letter,) = mail_server.letters
    plain, html = part(letter, "plain"), part(letter, "html")
    for words in ("Test shop · 10 Mar 2026 vs the day before", "Gross sales: £30.00 up 50% vs the day before", "Orders: 1", "Lamp <b>"):
        assert words in plain, words
    assert "10 Mar 2026 | £30.00 | £0.00" in plain, "the numbers of the chart"
    assert "9 Mar 2026 | £20.00" in plain, "a chart of one day says nothing: it shows the days before too"
    assert "Lamp &lt;b&gt;" in html
    assert "<b>" not in html
    assert "Ben" not in html + plain
    (picture,) = [one for one in letter.walk() if one.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<chart1>"
    assert html.count("cid:chart1") == 1
    assert "http" not in html.replace("https://shop.example", ""), "nothing is loaded from elsewhere"
    with Image.open(io.BytesIO(picture.get_payload(decode=True))) as image:  # pyright: ignore
        colours = image.convert("RGB").getcolors(1_000_000)
        assert image.size == (1120, 440)
        assert colours
        assert any(blue > 180 and red < 120 for _, (red, _green, blue) in colours), "there is a line in it"  # pyright: ignore
    assert "https://shop.example/?from=2026-03-10&to=2026-03-11" in plain
    way_out = f"https://shop.example/reports/stop/{stop_token(key, ada.id)}"
    assert str(letter["List-Unsubscribe"]) == f"<{way_out}>"
    assert str(letter["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert way_out in plain
    assert way_out in html


async def test_many_workers_send_one(ada: Actor, mail_server: MailServer, watch: Watch) -> None:
    ben = await add_person(Role.MODERATOR)
    await daily(ada, also=[ben.email])
    watch(day(8))
    found = await asyncio.gather(*[post() for _ in range(5)])
    await post()
    assert sum(found) == 2
    assert sorted(sent(mail_server)) == ["admin@example.com", "moderator@example.com"]


async def test_after_a_downtime_it_catches_up_once(ada: Actor, mail_server: MailServer, watch: Watch) -> None:
    await daily(ada)
    await reports.create(ada, {"every": "week", "hour": 8, "weekday": 2})
    watch(day(15, 19))  # Thursday of the week after
    assert await post() == 2
    assert sorted(str(letter["Subject"]) for letter in mail_server.letters) == [
        "Daily report: 18 Mar 2026",
        "Weekly report: 11–17 Mar 2026",
    ]
    assert await post() == 0
    assert [one.report.next_at for one in await reports.mine(ada)] == [day(8, 20), day(8, 25)]


async def test_it_survives_a_restart(migrated: Settings, ada: Actor, posting: Runtime, mail_server: MailServer, watch: Watch) -> None:
    await daily(ada)
    async with open_runtime(posting.settings):
        watch(day(8))
        assert await post() == 1
    assert await post() == 0
    assert len(mail_server.letters) == 1


async def test_a_letter_that_is_not_taken_is_tried_again_and_then_given_up(
    ada: Actor, posting: Runtime, watch: Watch, mail_server: MailServer
) -> None:
    await daily(ada)
    mail_server._answers += ["451 Later"] * 2
    now = day(8)
    watch(now)
    assert await post() == 0
    assert await post() == 0
    assert mail_server.tries == 1
    for pause in PAUSES[:2]:
        now += pause
        watch(now - timedelta(seconds=1))
        assert await post() == 0
        watch(now)
        await post()
    assert (mail_server.tries, len(mail_server.letters)) == (3, 1)
    mail_server._answers += ["451 Later"] * 100
    now = day(8, 12)
    watch(now)
    await post()
    for pause in PAUSES:
        now += pause
        watch(now)
        await post()
    assert await letters_collection.find_all() == []
    assert mail_server.tries == 3 + 1 + len(PAUSES)
    mail_server._answers.clear()
    mail_server._answers.append("554 Never")
    watch(day(8, 13))
    assert await post() == 0
    assert await letters_collection.find_all() == [], "what is refused for good is not tried again"


async def test_a_letter_in_the_hands_of_a_process_that_died(ada: Actor, mail_server: MailServer, watch: Watch, monkeypatch: Any) -> None:
    await daily(ada)
    watch(day(8))

    async def die(*_: Any, **__: Any) -> bool:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr("mewayz.domains.analytics.report_post._send", die)
        with pytest.raises(asyncio.CancelledError):
            await post()
    assert await post() == 0, "it may still be on its way"
    watch(day(8) + LEASE)
    assert await post() == 1
    (letter,) = mail_server.letters
    assert str(letter["Message-ID"]).startswith("<report.")


async def test_each_reads_with_their_own_rights(ada: Actor, mail_server: MailServer, watch: Watch) -> None:
    user = await add_person(Role.USER)
    await boards.arrange(ada, ["gross", "buyers"])
    await daily(ada, also=["  USER@example.com ", ""])
    watch(day(8))
    assert await post() == 2
    letters = {str(letter["To"]): part(letter, "plain") for letter in mail_server.letters}
    assert "Gross sales: £30.00" in letters["admin@example.com"]
    assert "Buyers: 1" in letters["admin@example.com"]
    assert "Your purchases: £0.00" in letters[user.email], "of their own orders, of which there are none"
    assert "Buyers" not in letters[user.email]


async def test_who_may_not_sign_in_gets_none(ada: Actor, mail_server: MailServer, watch: Watch) -> None:
    ben = await add_person(Role.MODERATOR)
    bea = await add_person(Role.ENTERPRISE)
    await daily(ada, also=[ben.email])
    await daily(bea)
    await users.update(SYSTEM, ben.id, {"status": "suspended"})
    await users.update(SYSTEM, bea.id, {"status": "suspended"})
    watch(day(8))
    assert await post() == 1
    assert sent(mail_server) == ["admin@example.com"]
    await users.delete(SYSTEM, bea.id)
    watch(day(8, 12))
    await post()
    assert await letters_collection.find_all() == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"every": "hour", "hour": 8}, "every"),
        ({"every": "day", "hour": 24}, "hour"),
        ({"every": "day"}, "hour"),
        ({"every": "week", "hour": 8, "weekday": 7}, "weekday"),
        ({"every": "week", "hour": 8, "weekday": False}, "weekday"),
        ({"every": "day", "hour": True}, "hour"),
        ({"every": "day", "hour": 8, "also": ["stranger@example.com"]}, "also"),
        ({"every": "day", "hour": 8, "also": ["nonsense"]}, "also"),
        ({"every": "day", "hour": 8, "recipients": ["x"]}, "recipients"),
    ],
)
async def test_what_cannot_be_sent(ada: Actor, data: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await reports.create(ada, data)
    assert field in refused.value.fields


async def test_only_administrators_send_to_others(ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = await add_person(Role.MODERATOR)
    with pytest.raises(Forbidden):
        await daily(ben, also=[ada.email])
    with pytest.raises(ReadOnly):
        await daily(Actor(ada.id, role=Role.USER, session_id="s", viewing=True))
    monkeypatch.setattr("mewayz.domains.analytics.reports.MAX_REPORTS", 1)
    key = await daily(ben)
    with pytest.raises(TooManyReports):
        await daily(ben)
    with pytest.raises(NotFound):
        await reports.end(await add_person(Role.ENTERPRISE), key)
    await reports.end(ben, key)
    assert await reports.mine(ben) == []
    rows = await current().database.fetch(text("SELECT event FROM audit_log WHERE event LIKE 'analytics.%' ORDER BY seq"))
    assert [row[0] for row in rows] == ["analytics.report_begun", "analytics.report_ended"]


@asynccontextmanager
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody, or a mail program, without an account."""
    transport = httpx.ASGITransport(Starlette(routes=REPORT_ROUTES), client=("203.0.113.9", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://test.example") as client:
        yield client


async def test_it_is_stopped_by_the_link_in_the_letter(ada: Actor, mail_server: MailServer, watch: Watch) -> None:
    ben = await add_person(Role.MODERATOR)
    await daily(ada, also=[ben.email])
    watch(day(8))
    await post()
    letter = next(one for one in mail_server.letters if ben.email in str(one["To"]))
    way = str(letter["List-Unsubscribe"]).strip("<>").removeprefix("https://shop.example")
    async with visitor() as client:
        asked = await client.get(way)
        assert (asked.status_code, 'method="post"' in asked.text) == (200, True)
        assert asked.headers["cache-control"] == "no-store"
        watch(day(8, 12))
        assert await post() == 2, "to look stops nothing"
        assert (await client.post(way, content=b"List-Unsubscribe=One-Click")).status_code == 200
        assert (await client.post(way)).status_code == 404
        watch(day(8, 13))
        assert await post() == 1
        for wrong in (way[:-1] + ("0" if way[-1] != "0" else "1"), way.replace(ben.id, ada.id), "/reports/stop/x", "/reports/stop/a.b.c"):
            assert (await client.post(wrong)).status_code == 404
        (report, _, addresses), *_ = await reports.mine(ada)
        assert addresses == [ada.email]
        assert (await client.post(f"/reports/stop/{stop_token(report.id, ada.id)}")).status_code == 200
    assert await reports.mine(ada) == []
    assert Reports.stop.__policy__.public  # pyright: ignore


async def test_one_is_sent_by_hand(ada: Actor, mail_server: MailServer) -> None:
    await send_now(ada, Every.WEEK)
    (letter,) = mail_server.letters
    assert str(letter["Subject"]) == "Weekly report: 3–9 Mar 2026", "the last seven whole days"
    assert letter["List-Unsubscribe"] is None
    assert await reports.mine(ada) == []
    mail_server._answers.append("554 Never")
    with pytest.raises(Unavailable):
        await send_now(ada, Every.DAY)
    await send_now(ada, Every.MONTH)
    with pytest.raises(RateLimited):
        await send_now(ada, Every.DAY)


async def test_the_part_of_the_panel(ada: Actor, mail_server: MailServer) -> None:
    ben = await add_person(Role.MODERATOR)
    panel = await opened(ReportList, "/", ada)
    await panel.load()
    assert (panel.zone, panel.others, panel.running) == ("Europe/London", True, [])
    assert (panel.yesterday, panel.week, panel.month) == ("9 Mar 2026", "3–9 Mar 2026", "1–28 Feb 2026")
    await panel.begin({"when": "week 2", "hour": "7", "also": f" {ben.email};\n"})
    assert panel.error == ""
    (line,) = panel.running
    assert line.label == "Every Wednesday at 07:00"
    assert line.detail == "next 11 Mar 2026, 07:00 GMT, to admin@example.com, moderator@example.com"
    for form in ({}, {"when": "hour", "hour": "7"}, {"when": "day", "hour": "24"}, {"when": "week x", "hour": "7"}):
        await panel.begin(form)
        assert panel.error != "", form
    await panel.send({"every": "month"})
    assert [str(letter["Subject"]) for letter in mail_server.letters] == ["Monthly report: 1–28 Feb 2026"]
    await panel.end(line.id)
    assert panel.running == []
    panel = await opened(ReportList, "/", ben)
    await panel.load()
    assert not panel.others
