"""A dashboard question at one and at ten million order lines, against the lines themselves in SQL, DuckDB and pandas."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, timedelta
from typing import Any

from bench.load import Client, cpu_seconds, server_pid
from bench.many_lines import DAYS, FIRST, Lines, fill, peer_table
from bench.peers.duck import duckdb
from bench.report import Report
from bench.stores import ENGINES, Store, Stores
from tests.services import MissingService

ANSWER_MS, GROWTH = 50, 1.3
_SIZES, _SMALL_SIZES = (1_000_000, 10_000_000), (20_000, 200_000)
_WINDOWS, _LENGTH = 12, 30
_LAST = FIRST + timedelta(days=DAYS)

# What all of them are asked: gross, orders, buyers and the first products of a month, by day and by country.
_WITHIN = "FROM bench_lines WHERE day >= {} AND day < {}"
_SQL = (
    f"SELECT sum(quantity * price), count(DISTINCT order_no), count(DISTINCT customer) {_WITHIN}",
    f"SELECT day, sum(quantity * price) {_WITHIN} GROUP BY day",
    f"SELECT country, sum(quantity * price) {_WITHIN} GROUP BY country",
    f"SELECT product, sum(quantity * price) AS gross {_WITHIN} GROUP BY product ORDER BY gross DESC LIMIT 10",
)
Windows = Sequence[tuple[date, date]]


def measure(report: Report, stores: Stores) -> None:
    """The same questions to each, one after the other. `BENCH_ENGINES` and `BENCH_LINES` leave some out where time is short."""
    sizes = _SMALL_SIZES if stores.small else _SIZES
    wanted = [int(one) for one in os.environ.get("BENCH_LINES", "").split(",") if one] or list(sizes)
    engines = [one for one in ENGINES if one.lower() in os.environ.get("BENCH_ENGINES", "sqlite,postgresql").lower()]
    found: dict[tuple[str, str], list[float]] = {}
    for size in wanted:
        started = time.perf_counter()
        lines = Lines(size)
        report.say(f"{size:,} lines of {lines.orders:,} orders made in {time.perf_counter() - started:.1f} s")
        for engine in engines:
            try:
                store = stores.empty(engine)
            except MissingService as missing:
                report.say(f"{engine} is not measured: {missing}")
                continue
            _one_store(report, store, lines, found)
        _in_memory(report, lines)
    for (engine, name), times in found.items():
        if len(times) == len(sizes):
            at_most = GROWTH if name == "a month" else None
            report.add(f"{engine}: {name}, cost at {sizes[-1]:,} lines by cost at {sizes[0]:,}", times[-1] / times[0], "×", at_most=at_most)


def _one_store(report: Report, store: Store, lines: Lines, found: dict[tuple[str, str], list[float]]) -> None:
    seconds = fill(store, lines)
    size = f"{lines.size:,} lines"
    report.say(
        f"{store.engine}: {size} filled in {seconds:.1f} s: {', '.join(f'{name} {count:,}' for name, count in store.loaded.items())}"
    )
    windows = _windows()
    with store.api() as server, closing(Client(server.url, store.token)) as client:
        client.get("/api/v1/analytics/metrics")  # signs in, so to say
        for name, asked in (
            ("a month", windows),
            ("two years", [(FIRST, _LAST - timedelta(days=number)) for number in range(_WINDOWS // 2)]),
        ):
            times, answer = [], {}
            worked = cpu_seconds(server_pid(server))
            for first, end in asked:
                elapsed, answer = client.get(f"/api/v1/analytics/overview?from={first}&to={end}")
                times.append(elapsed)
                report.check(f"{store.engine}: gross of {first} to {end}", answer["gross"].rstrip("0").rstrip("."), lines.gross(first, end))
            work = (cpu_seconds(server_pid(server)) - worked) / len(asked) * 1000
            middle = statistics.median(times[1:])
            limit = ANSWER_MS if name == "a month" else None
            note = f"first {times[0]:.0f}, worst {max(times):.0f}, {work:.0f} ms CPU each; over REST, nothing cached"
            report.add(f"{store.engine}, {size}: {name}", middle, "ms", at_most=limit, note=note)
            found.setdefault((store.engine, name), []).append(middle)
    with peer_table(store, lines) as ask:
        ours = found[store.engine, "a month"][-1]
        _peer(report, f"{store.engine}, {size}: the lines in SQL", lambda first, end: ask(_SQL, first, end), windows[:3], ours)


def _in_memory(report: Report, lines: Lines) -> None:
    """DuckDB and pandas hold the lines in this process; the time of bringing them in does not count."""
    size, frame = f"{lines.size:,} lines", lines.frame()

    def pandas(first: date, end: date) -> Any:
        part = frame[(frame["day"] >= (first - FIRST).days) & (frame["day"] < (end - FIRST).days)]
        gross = part["quantity"] * part["price"]
        top = gross.groupby(part["product"]).sum().nlargest(10)
        people = (part["order_no"].nunique(), part["customer"].nunique())
        return gross.sum(), people, gross.groupby(part["day"]).sum(), gross.groupby(part["country"]).sum(), top

    _peer(report, f"pandas, {size} in memory", pandas, _windows()[:5])
    try:
        database = duckdb().connect()
    except MissingService as missing:
        report.say(f"DuckDB is not measured: {missing}")
        return
    database.register("bench_frame", frame)
    database.execute("CREATE TABLE bench_lines AS SELECT * FROM bench_frame")

    def duck(first: date, end: date) -> Any:
        days = ((first - FIRST).days, (end - FIRST).days)
        return [database.execute(statement.format("?", "?"), days).fetchall() for statement in _SQL]

    _peer(report, f"DuckDB, {size} in memory", duck, _windows()[:5])
    database.close()


def _peer(report: Report, name: str, ask: Callable[[date, date], Any], windows: Windows, ours: float | None = None) -> None:
    times: list[float] = []
    for first, end in windows:
        started = time.perf_counter()
        ask(first, end)
        times.append((time.perf_counter() - started) * 1000)
    middle = statistics.median(times)
    report.add(name, middle, "ms", note=f"{middle / ours:.1f} × the kept sums over REST" if ours else "without a server before it")


def _windows() -> list[tuple[date, date]]:
    """Months that begin on different days, so that none is in the cache."""
    ends = [_LAST - timedelta(days=11 * number) for number in range(_WINDOWS)]
    return [(end - timedelta(days=_LENGTH), end) for end in ends]
