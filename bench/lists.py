"""The list of users over REST: any page of many rows with the exact total, against the bare driver and Express."""

import statistics
from collections.abc import Callable, Sequence

from bench import mix, raw
from bench.load import Client, press, server_pid
from bench.mix import Ask
from bench.peer import Express, best_index
from bench.report import Report
from bench.stores import ENGINES, Store, Stores
from tests.services import MissingService, Redis

FIRST_TO_LAST = 1.5  # "about the same"; one machine's noise is inside
GOALS = {"SQLite": (10, 1.2), "PostgreSQL": (8, 0.8)}  # times Express with the exact count, and with the count skipped
FEW_HITS_GOAL = 1.2
_PAGES = 50


def measure(report: Report, stores: Stores) -> None:
    """One engine after the other, one server process each."""
    for engine in ENGINES:
        try:
            store = stores.users(engine)
        except MissingService as missing:
            report.say(f"{engine} is not measured: {missing}")
            continue
        _measure(report, store, stores)


def _measure(report: Report, store: Store, stores: Stores) -> None:
    engine, seconds = store.engine, 2 if stores.small else 6
    bare = raw.sqlite_rate if engine == "SQLite" else raw.postgres_rate
    limit, cpu_us = bare(store, mix.many_hits(1), seconds)
    what = f"10 of {stores.users_count:,}, filter + sort + page + kept total; {cpu_us:,.0f} µs CPU each"
    report.add(f"{engine}: bare driver, no server", limit, "/s", note=what)
    ours: dict[str, float] = {}
    with store.server() as server:
        for name, asks in (("any page", mix.many_hits), ("few hits", mix.few_hits), ("the same page again", mix.same_again)):
            rate = press(server.url, _paths(asks), server_pid(server), token=store.token, seconds=seconds)
            ours[name] = rate.per_second
            report.add(f"{engine}: Mewayz, {name}", rate.per_second, "/s", note=rate.note)
        report.add(f"{engine}: Mewayz ÷ bare driver", ours["any page"] / limit, "×")
        _positions(report, store, server.url)
    _against_express(report, store, ours, seconds)
    if engine == "SQLite":
        _with_redis(report, store, seconds)


def _paths(asks: Callable[[int], Sequence[Ask]], **more: str) -> Callable[[int], Sequence[str]]:
    return lambda seed: [ask.path(**more) for ask in asks(seed)]


def _positions(report: Report, store: Store, url: str) -> None:
    """The cost of first, middle and last pages, taken in turn; each page is asked for once, so that no cache answers."""
    client = Client(url, store.token)
    times: dict[str, list[float]] = {name: [] for name in ("first", "middle", "last", "by cursor")}
    for sort in (f"{sign}{name}" for name in mix.SORTS for sign in ("", "-")):
        _, data = client.get(Ask((), sort, 1, 9).path())
        pages = -(-data["pagination"]["totalItems"] // mix.LIMIT)
        _, data = client.get(Ask((), sort, pages // 2 - 1).path())
        cursor = data["pagination"]["nextCursor"]
        for step in range(_PAGES):
            for name, page in (("first", 2 + step), ("middle", pages // 2 + step), ("last", pages - step)):
                times[name].append(client.get(Ask((), sort, page).path())[0])
            elapsed, data = client.get(Ask((), sort, 1).path(cursor=cursor))
            times["by cursor"].append(elapsed)
            cursor = data["pagination"]["nextCursor"]
    client.close()
    medians = {name: statistics.median(found) for name, found in times.items()}
    count = len(times["first"])
    for name, median in medians.items():
        report.add(f"{store.engine}: {name} pages, one after the other", median, "ms", note=f"median of {count}")
    report.add(f"{store.engine}: last ÷ first pages", medians["last"] / medians["first"], "×", at_most=FIRST_TO_LAST)
    report.add(f"{store.engine}: by cursor ÷ first pages", medians["by cursor"] / medians["first"], "×", at_most=FIRST_TO_LAST)


def _against_express(report: Report, store: Store, ours: dict[str, float], seconds: int) -> None:
    exact_goal, skipped_goal = GOALS[store.engine]
    try:
        server = Express(store)
    except MissingService as missing:
        report.say(f"{store.engine}: Express is not measured: {missing}")
        return
    with best_index(store), server:
        loads = (
            ("any page, exact count", mix.many_hits, {}, "any page", exact_goal),
            ("any page, count skipped", mix.many_hits, {"count": "skip"}, "any page", skipped_goal),
            ("few hits, exact count", mix.few_hits, {}, "few hits", FEW_HITS_GOAL),
        )
        for name, asks, more, mine, goal in loads:
            rate = press(server.url, _paths(asks, **more), server_pid(server), seconds=seconds)
            report.add(f"{store.engine}: Express, {name}", rate.per_second, "/s", note=rate.note)
            report.add(f"{store.engine}: Mewayz ÷ Express, {name}", ours[mine] / rate.per_second, "×", at_least=goal)


def _with_redis(report: Report, store: Store, seconds: int) -> None:
    try:
        with Redis() as redis, store.server(REDIS_URL=redis.url) as server:
            rate = press(server.url, _paths(mix.same_again), server_pid(server), token=store.token, seconds=seconds)
            report.add(f"{store.engine}: Mewayz, the same page again, through Redis", rate.per_second, "/s", note=rate.note)
    except MissingService as missing:
        report.say(f"Redis is not measured: {missing}")
