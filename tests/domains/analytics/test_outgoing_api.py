"""Links and reports over REST, and what administrators do with those of others; on both engines."""

from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime, current
from mewayz.domains.analytics.report_state import ReportList
from mewayz.domains.analytics.share_state import ShareLinks
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person, data_of, refused, signed_in
from tests.tabs import opened

_LINK = {"path": "/analytics", "query": "from=2026-03-01&to=2026-03-11", "days": 7}
_LETTER: dict[str, Any] = {"every": "week", "hour": 8, "weekday": 2}
_KINDS = (("shares", _LINK, "analytics.share_ended"), ("reports", _LETTER, "analytics.report_ended"))


@pytest.fixture
async def people(runtime: Runtime) -> dict[Role, Actor]:
    """One of each role, in a shop that has sold something."""
    shop = await HistoricShop().open()
    await shop.sell("2026-03-10T10:00", "Ann", ("Lamp", 2, "10"))
    return {role: await add_person(role) for role in Role}


async def _ends() -> list[tuple[str, str, str]]:
    rows = await current().database.fetch(
        text("SELECT actor_id, event, risk FROM audit_log WHERE event LIKE 'analytics.%_ended' ORDER BY seq")
    )
    return [(str(row[0]), str(row[1]), str(row[2])) for row in rows]


@pytest.mark.parametrize(("kind", "body", "event"), _KINDS)
async def test_one_makes_lists_and_ends_ones_own(people: dict[Role, Actor], kind: str, body: dict[str, Any], event: str) -> None:
    mine = people[Role.MODERATOR]
    async with signed_in(mine.email) as client, signed_in(people[Role.ENTERPRISE].email) as stranger:
        made = data_of(await client.post(f"/analytics/{kind}", json=body), 201)
        one = made[kind[:-1]]
        assert (one["ownerId"], one["ownerName"]) == (mine.id, mine.name)
        assert "token" not in str(one).lower()
        if kind == "shares":
            assert "/shared/" in made["link"]
            assert (one["path"], one["query"]) == (_LINK["path"], _LINK["query"])
        else:
            assert (one["every"], one["hour"], one["weekday"], one["recipients"], one["lastAt"]) == ("week", 8, 2, [mine.email], None)
        assert data_of(await client.get(f"/analytics/{kind}")) == {kind: [one]}
        assert data_of(await stranger.get(f"/analytics/{kind}")) == {kind: []}
        refused(await stranger.get(f"/analytics/{kind}", params={"of": "all"}), 403, "forbidden")
        refused(await stranger.delete(f"/analytics/{kind}/{one['id']}"), 404, "not_found")
        assert data_of(await client.delete(f"/analytics/{kind}/{one['id']}")) == {"ended": one["id"]}
        refused(await client.delete(f"/analytics/{kind}/{one['id']}"), 404, "not_found")
        assert data_of(await client.get(f"/analytics/{kind}")) == {kind: []}
    assert await _ends() == [(mine.id, event, "low")]


@pytest.mark.parametrize(("kind", "body", "event"), _KINDS)
async def test_administrators_see_and_end_those_of_others(people: dict[Role, Actor], kind: str, body: dict[str, Any], event: str) -> None:
    ada, others = people[Role.ADMIN], [people[Role.USER], people[Role.MODERATOR]]
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(signed_in(ada.email))
        made: list[str] = []
        for who in others:
            client = await stack.enter_async_context(signed_in(who.email))
            made.append(data_of(await client.post(f"/analytics/{kind}", json=body), 201)[kind[:-1]]["id"])
        assert data_of(await admin.get(f"/analytics/{kind}")) == {kind: []}
        found = data_of(await admin.get(f"/analytics/{kind}", params={"of": "all"}))[kind]
        assert {(one["id"], one["ownerId"]) for one in found} == {(made[0], others[0].id), (made[1], others[1].id)}
        assert data_of(await admin.delete(f"/analytics/{kind}/{made[0]}")) == {"ended": made[0]}
        page: Any = await opened(ShareLinks if kind == "shares" else ReportList, "/", ada)
        await (page.show(True) if kind == "shares" else page.load())
        assert page.error == ""
        assert [one.id for one in page.elsewhere] == [made[1]]
        assert others[1].name in str(page.elsewhere[0])
        await page.end(made[1])
        assert page.elsewhere == []
        assert data_of(await admin.get(f"/analytics/{kind}", params={"of": "all"})) == {kind: []}
    assert await _ends() == [(ada.id, event, "medium")] * 2
    page = await opened(ShareLinks if kind == "shares" else ReportList, "/", others[1])
    await (page.show(True) if kind == "shares" else page.load())
    assert page.elsewhere == []


@pytest.mark.parametrize("kind", ["shares", "reports"])
async def test_what_makes_no_sense(people: dict[Role, Actor], kind: str) -> None:
    async with signed_in(people[Role.USER].email) as client:
        refused(await client.get(f"/analytics/{kind}", params={"of": "nobody"}), 422, "invalid")
        refused(await client.get(f"/analytics/{kind}", params={"by": "me"}), 422, "invalid")
        refused(await client.post(f"/analytics/{kind}", json={"days": 400, "every": "minute"}), 422, "invalid")
        wrong: httpx.Response = await client.delete(f"/analytics/{kind}/nonsense")
        refused(wrong, 404, "not_found")
        if kind == "shares":
            refused(await client.post("/analytics/shares", json={**_LINK, "path": "/orders"}), 422, "analytics.not_shareable")
        else:
            refused(await client.post("/analytics/reports", json={**_LETTER, "also": ["admin@example.com"]}), 403, "forbidden")
