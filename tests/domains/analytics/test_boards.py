"""Dashboards: made of what the metrics declare, arranged by each person for themselves, and never more than their role may read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mewayz.backend.access import Actor, ReadOnly
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.views import views
from mewayz.domains.analytics.board_state import Board
from mewayz.domains.analytics.boards import boards
from mewayz.domains.analytics.metrics import ADDITIVE, METRICS
from mewayz.domains.analytics.pieces import PIECES, arranged, may_see, readable, usual
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person
from tests.tabs import opened

USUAL = ["gross", "orders", "aov", "new", "gross.chart", "list.products", "list.orders", "list.countries", "list.low"]
PEOPLE = {role: Actor("a" * 24, "Somebody", "somebody@example.com", role) for role in Role}


def keys(pieces: Any) -> list[str]:
    return [piece.key for piece in pieces]


def test_every_metric_is_a_tile_and_what_has_buckets_a_chart() -> None:
    assert [piece.key for piece in PIECES.values() if piece.is_tile] == [metric.key for metric in METRICS]
    assert {piece.metric.key for piece in PIECES.values() if piece.key.endswith(".chart") and piece.metric} == {
        metric.key for metric in METRICS
    } - {"clv"}
    assert all(piece.label == piece.metric.label for piece in PIECES.values() if piece.metric)


def test_what_a_role_may_put_on_its_dashboard() -> None:
    assert keys(readable(PEOPLE[Role.ADMIN])) == list(PIECES)
    own = readable(PEOPLE[Role.USER])
    assert all(piece.metric is None or set(piece.metric.needs) <= set(ADDITIVE) for piece in own)
    assert [key for key in keys(own) if key.startswith("list.")] == ["list.products", "list.orders", "list.countries"]
    assert "clv" in keys(readable(PEOPLE[Role.MODERATOR]))
    assert readable(Actor("x")) == []


def test_the_usual_dashboard() -> None:
    assert keys(usual(PEOPLE[Role.ADMIN])) == USUAL
    assert keys(usual(PEOPLE[Role.USER])) == ["gross", "orders", "aov", "returns", *USUAL[4:8]]


@given(st.lists(st.sampled_from([*PIECES, "nonsense", ""])), st.sampled_from(Role))
def test_no_arrangement_shows_what_the_role_may_not_see(wanted: list[str], role: Role) -> None:
    found = arranged(PEOPLE[role], wanted)
    assert found
    assert all(may_see(PEOPLE[role], piece) for piece in found)
    assert len(set(keys(found))) == len(found)
    allowed = [key for key in dict.fromkeys(wanted) if key in PIECES and may_see(PEOPLE[role], PIECES[key])]
    assert keys(found) == (allowed or keys(usual(PEOPLE[role])))


async def test_each_person_has_an_arrangement_of_their_own(runtime: Runtime) -> None:
    await HistoricShop().open()
    ann, ben = await add_person(Role.ADMIN), await add_person(Role.MODERATOR)
    assert keys(await boards.arrange(ann, ["units", "net.chart", "list.low"])) == ["units", "net.chart", "list.low"]
    assert keys(await boards.pieces(ann)) == ["units", "net.chart", "list.low"]
    assert keys(await boards.pieces(ben)) == USUAL
    assert (await views.all(ann, "analytics")) == [], "it is no view that others could choose"
    await boards.arrange(ann, [])
    assert keys(await boards.pieces(ann)) == USUAL
    assert await boards.kept(ann) == []


@pytest.mark.parametrize("wrong", [["gross", "gross"], ["nonsense"], ["gross", ""]])
async def test_what_cannot_be_arranged(sqlite_runtime: Runtime, wrong: list[str]) -> None:
    ann = await add_person()
    with pytest.raises(Invalid):
        await boards.arrange(ann, wrong)


async def test_who_views_as_another_role_keeps_nothing(sqlite_runtime: Runtime) -> None:
    ann = await add_person()
    looking = Actor(ann.id, ann.name, ann.email, Role.USER, "s", viewing=True)
    with pytest.raises(ReadOnly):
        await boards.arrange(looking, ["gross"])
    page = await opened(Board, "/", looking)
    await page.lay()
    await page.toggle("units")
    assert page.shape[-1] == "units"
    assert await boards.kept(ann) == []


async def test_a_person_who_loses_a_right_loses_the_pieces(sqlite_runtime: Runtime) -> None:
    ann = await add_person(Role.ENTERPRISE)
    await boards.arrange(ann, ["gross", "buyers", "list.low"])
    demoted = Actor(ann.id, ann.name, ann.email, Role.USER)
    assert keys(await boards.pieces(demoted)) == ["gross"]
    await boards.arrange(ann, ["buyers"])
    assert keys(await boards.pieces(demoted)) == keys(usual(demoted))


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    shop = await HistoricShop().open()
    await shop.sell("2026-03-01 10:00", "Ann")
    await shop.sell("2026-03-10 10:00", "Ann", ("Lamp", 2, "10"))
    await shop.sell("2026-03-10 12:00", "Ben", ("Lamp", 1, "10"), country="Spain")
    return await add_person()


async def shown(address: str, who: Actor) -> Board:
    page = await opened(Board, address, who)
    await page.lay()
    await page.load()
    assert page.error == ""
    return page


async def test_the_board_is_laid_out_before_its_figures_arrive(person: Actor) -> None:
    await boards.arrange(person, ["units", "net", "net.chart", "list.countries"])
    page = await opened(Board, "/?from=2026-03-01&to=2026-03-11", person)
    await page.lay()
    assert (page.ready, page.shape) == (False, ["units", "net"])
    assert [(card.title, card.ready, card.wide) for card in page.cards] == [("Net sales", False, True), ("Countries", False, False)]
    await page.load()
    assert [(tile.label, tile.value) for tile in page.tiles] == [("Units sold", "4"), ("Net sales", "£40.00")]
    chart, countries = page.cards
    assert [row.value for row in chart.plot.rows][-1] == "£30.00"
    assert chart.plot.rows[-1].href == "/orders?figure=net&from=2026-03-10&to=2026-03-11"
    assert [(bar.label, bar.value) for bar in countries.bars] == [("France", "£30.00"), ("Spain", "£10.00")]


async def test_the_usual_board_with_its_lists(person: Actor) -> None:
    page = await shown("/?from=2026-03-01&to=2026-03-11", person)
    assert [(tile.label, tile.value) for tile in page.tiles] == [
        ("Gross sales", "£40.00"),
        ("Orders", "3"),
        ("Average order value", "£13.33"),
        ("New buyers", "2"),
    ]
    assert page.tiles[3].href == "/customers?firstFrom=2026-03-01&firstTo=2026-03-11"
    cards = {card.kind: card for card in page.cards}
    assert [bar.label for bar in cards["products"].bars] == ["Lamp"]
    assert [brief.detail.split(" · ")[0] for brief in cards["orders"].briefs] == ["Ben", "Ann", "Ann"]
    assert cards["low"].nothing == "Nothing runs out."


async def test_figures_beyond_the_overview_and_where_there_is_none(person: Actor) -> None:
    await boards.arrange(person, ["clv", "repeatRate", "aov.chart", "repeatRate.chart"])
    page = await shown("/?from=2026-03-09&to=2026-03-11", person)
    assert [(tile.label, tile.value) for tile in page.tiles] == [("Customer lifetime value", "£20.00"), ("Repeat rate", "0%")]
    assert page.tiles[0].href == "/analytics/customers?from=2026-03-09&to=2026-03-11"
    average, rate = page.cards
    assert [row.value for row in average.plot.rows] == ["–", "£15.00"], "a day without an order has no average"
    assert average.plot.figure["data"][0]["y"] == [None, 15.0]
    assert [row.value for row in rate.plot.rows] == ["–", "0%"]


async def test_pieces_are_switched_and_moved(person: Actor) -> None:
    page = await shown("/", person)
    await page.toggle("units")
    assert page.shape == ["gross", "orders", "aov", "new", "units"]
    assert [tile.label for tile in page.tiles][-1] == "Units sold"
    assert page.said == "Units sold is shown"
    await page.move("units", -1)
    assert page.shape == ["gross", "orders", "aov", "units", "new"]
    assert page.said == "Units sold is now number 4 of 5"
    await page.move("gross", -1)
    assert page.shape[0] == "gross", "there is nothing before the first one"
    await page.toggle("list.orders")
    await page.move("list.low", -5)
    assert [card.key for card in page.cards] == ["gross.chart", "list.products", "list.low", "list.countries"]
    assert page.shape == ["gross", "orders", "aov", "units", "new"]
    again = await shown("/", person)
    assert (again.shape, [card.key for card in again.cards]) == (page.shape, [card.key for card in page.cards])
    assert [(pick.key, pick.shown, pick.first, pick.last) for pick in again.card_picks][3:5] == [
        ("list.countries", True, False, True),
        ("returns.chart", False, False, False),
    ]
    assert again.chosen
    await again.usual()
    assert [*again.shape, *(card.key for card in again.cards)] == USUAL
    assert not again.chosen


async def test_something_always_stays(person: Actor) -> None:
    await boards.arrange(person, ["gross"])
    page = await shown("/", person)
    await page.toggle("gross")
    assert page.shape == ["gross"]
    assert page.said == "The last one stays: a dashboard shows something."
    for key in ("nonsense", "list.nonsense"):
        await page.toggle(key)
        assert page.error.startswith("The dashboard cannot be arranged like this.")
        await page.move(key, 1)
    assert page.shape == ["gross"]


async def test_a_user_arranges_what_is_their_own(person: Actor) -> None:
    user = await add_person(Role.USER)
    page = await shown("/?from=2026-03-01&to=2026-03-11", user)
    assert [tile.label for tile in page.tiles] == ["Your purchases", "Your orders", "Your average order", "Your returns"]
    assert page.tiles[0].value == "£0.00"
    assert (page.nothing, page.own) == (True, True)
    await page.toggle("buyers")
    assert [tile.label for tile in page.tiles] == ["Your purchases", "Your orders", "Your average order", "Your returns"]


@pytest.mark.parametrize("role", list(Role))
async def test_an_empty_dashboard_says_whose_figures_are_missing(sqlite_runtime: Runtime, role: Role) -> None:
    await HistoricShop().open()
    page = await shown("/", await add_person(role))
    assert (page.nothing, page.own) == (True, role is Role.USER)


@pytest.mark.parametrize(("query", "words"), [("from=yesterday", "Enter a date such as 2010-11-01."), ("compare=x", "Choose one of")])
async def test_a_window_that_makes_no_sense(person: Actor, query: str, words: str) -> None:
    page = await opened(Board, f"/?{query}", person)
    await page.lay()
    await page.load()
    assert words in page.error
    assert not page.ready
    for option in (*page.presets, *page.compares):
        await shown(option.href, person)
