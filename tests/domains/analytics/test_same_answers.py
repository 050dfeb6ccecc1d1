"""What a page says is what REST answers to the same question: random windows, both engines."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mewayz.backend import clock
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics.board_state import Board
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.sales_state import SalesFigures
from mewayz.domains.analytics.spoken import brief
from mewayz.ui.words import locale
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import PASSWORD, add_person, data_of, signed_in
from tests.tabs import opened

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
_TODAY = NOW.date()
_SOLD = ((0, 4, "Anna"), (1, 2, "Ben"), (3, 7, ""), (8, 1, "Anna"), (8, -1, "Anna"), (40, 5, "Cleo"), (380, 9, "Ben"))
_WINDOWS = st.tuples(
    st.integers(-3, 70).map(lambda before: _TODAY - timedelta(days=before)),
    st.integers(1, 50),
    st.sampled_from(["previous", "year", "none"]),
    st.sampled_from(["", "day", "week", "month"]),
)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


async def _shop(runtime: Runtime) -> Any:
    who = getattr(runtime, "the_person", None)
    if who is None:
        shop = await HistoricShop().open()
        for before, pieces, buyer in (
            (0, 4, "Anna"),
            (1, 2, "Ben"),
            (3, 7, ""),
            (8, 1, "Anna"),
            (8, -1, "Anna"),
            (40, 5, "Cleo"),
            (380, 9, "Ben"),
        ):
            day = _TODAY - timedelta(days=before)
            await shop.sell(f"{day}T09:00", buyer, ("Lamp", pieces, "10"), country="France" if before % 2 else "Spain")
        who = await add_person(Role.ADMIN)
        runtime.the_person = who  # pyright: ignore[reportAttributeAccessIssue]
    return who


def _change(found: dict[str, Any], key: str, words: Any) -> tuple[str, str]:
    change = found["changes"]["of"].get(key) if found["changes"] else None
    if change is None:
        return "", "flat"
    if change["isNew"]:
        return "new", "up"
    if change.get("points") is not None:
        points = change["points"]
        return words.points(abs(points)), "flat" if abs(points) < 0.05 else "up" if points > 0 else "down"
    if change["ratio"] is None:
        return "", "flat"
    ratio = change["ratio"]
    return words.percent(abs(ratio)), "flat" if abs(ratio) < 0.0005 else "up" if ratio > 0 else "down"


def _told(tiles: list[Any]) -> dict[str, tuple[str, str, str]]:
    return {tile.label: (tile.value, tile.change, tile.trend) for tile in tiles}


@settings(max_examples=8, derandomize=True, suppress_health_check=list(HealthCheck))
@given(asked=_WINDOWS, country=st.sampled_from(["", "France"]))
async def test_a_tile_is_what_rest_answers(runtime: Runtime, asked: tuple[date, int, str, str], country: str) -> None:
    who, words = await _shop(runtime), await locale()
    first, days, compare, interval = asked
    query = {"from": first.isoformat(), "to": (first + timedelta(days=days)).isoformat(), "compare": compare, "interval": interval}
    query = {key: value for key, value in query.items() if value}
    async with signed_in(who.email, PASSWORD) as client:
        for kind, path, name, more in (
            (Board, "/", "overview", {}),
            (SalesFigures, "/analytics", "overview", {"country": country} if country else {}),
        ):
            page: Any = await opened(kind, f"{path}?{urlencode({**query, **more})}", who)
            await page.load()
            assert page.error == ""
            found = data_of(await client.get(f"/analytics/{name}", params={**query, **more}))
            tiles = _told(page.tiles)
            assert len(tiles) == 4
            for key, spec in BY_KEY.items():
                if spec.label in tiles:
                    assert tiles[spec.label] == (brief(spec, found[key], words), *_change(found, key, words)), (key, query)
            plot = page.sales if kind is SalesFigures else next(card.plot for card in page.cards if card.key == "gross.chart")
            # Of days that have not begun, a page says nothing.
            begun = [date.fromisoformat(bucket["from"]) <= _TODAY for bucket in found["series"]]
            said = [words.money(bucket["gross"]) if now else "–" for bucket, now in zip(found["series"], begun, strict=True)]
            assert [row.value for row in plot.rows] == said


async def test_what_is_not_over_is_left_out_on_both_sides(runtime: Runtime) -> None:
    who = await _shop(runtime)
    page: Any = await opened(Board, f"/?from={_TODAY - timedelta(days=3)}&to={_TODAY + timedelta(days=1)}", who)
    await page.load()
    tile = page.tiles[0]
    # Of the window: three days that are over, £90; of the one before, its first three, in which nothing was sold.
    assert (tile.value, tile.change, tile.against) == ("£130.00", "new", "vs previous 3 days")
    last = next(card.plot for card in page.cards if card.key == "gross.chart").figure["data"][0]["customdata"][-1]
    assert "(not over yet)" in last
    assert "was" not in last, "no change is told of today"
