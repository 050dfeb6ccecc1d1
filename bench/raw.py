"""What the bare drivers give: the same pages and totals, without a server, a check of rights or a cache. The limit of what is possible."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import orjson

from bench.mix import COLUMNS, SORTS, Ask
from bench.stores import Store
from mewayz.backend.runtime import sqlite_path

_POOL, _TASKS = 10, 32
_KEPT = {"role": "k0", "plan": "k1", "status": "k2"}


def _statements(ask: Ask, *, numbered: bool) -> tuple[str, str, list[Any]]:
    """SQL of the total (from the kept counts) and of the page, and the values of the filters."""
    values: list[Any] = []
    common = not numbered and ask.values.get("role") != ["admin"]
    rows, counts = [], ["noun = 'users'"]
    for name, wanted in ask.values.items():
        marks = ", ".join(f"${len(values) + index + 1}" if numbered else "?" for index in range(len(wanted)))
        values += wanted
        # SQLite needs to be told that most rows match; PostgreSQL has statistics.
        rows.append(f"likely({name} IN ({marks}))" if common else f"{name} IN ({marks})")
        counts.append(f"{_KEPT[name]} IN ({marks})")
    direction = "DESC" if ask.sort.startswith("-") else "ASC"
    key = SORTS[ask.sort.lstrip("-")]
    where = f"WHERE {' AND '.join(rows)}" if rows else ""
    bounds = f"LIMIT ${len(values) + 1} OFFSET ${len(values) + 2}" if numbered else "LIMIT ? OFFSET ?"
    page = f"SELECT {', '.join(COLUMNS)} FROM users {where} ORDER BY {key} {direction}, id {direction} {bounds}"
    return f"SELECT sum(n) FROM kept_counts WHERE {' AND '.join(counts)}", page, values


def _answer(rows: Sequence[Sequence[Any]], total: int) -> bytes:
    return orjson.dumps({"users": [dict(zip(COLUMNS, row, strict=True)) for row in rows], "total": total}, default=str)


def sqlite_rate(store: Store, asks: Sequence[Ask], seconds: float) -> tuple[float, float]:
    """Answers per second of one connection, and the microseconds of work for one."""
    connection = sqlite3.connect(sqlite_path(store.url), isolation_level=None, cached_statements=512)
    connection.execute("PRAGMA cache_size=-16000")
    prepared = [(*_statements(ask, numbered=False), ask) for ask in asks]
    count, started, worked = 0, time.perf_counter(), time.process_time()
    while (elapsed := time.perf_counter() - started) < seconds:
        total_sql, page_sql, values, ask = prepared[count % len(prepared)]
        (total,) = connection.execute(total_sql, values).fetchone()
        _answer(connection.execute(page_sql, [*values, ask.limit, (ask.page - 1) * ask.limit]).fetchall(), total)
        count += 1
    worked = time.process_time() - worked
    connection.close()
    return count / elapsed, worked / count * 1e6


def postgres_rate(store: Store, asks: Sequence[Ask], seconds: float) -> tuple[float, float]:
    """Answers per second of a pool that many ask at once, and the microseconds of work for one, PostgreSQL's own apart."""
    return asyncio.run(_postgres(store, asks, seconds))


async def _postgres(store: Store, asks: Sequence[Ask], seconds: float) -> tuple[float, float]:
    prepared = [(*_statements(ask, numbered=True), ask) for ask in asks]
    count = 0

    async def work(pool: Any) -> None:
        nonlocal count
        while time.perf_counter() - started < seconds:
            total_sql, page_sql, values, ask = prepared[count % len(prepared)]
            count += 1
            async with pool.acquire() as connection:
                total = await connection.fetchval(total_sql, *values)
                rows = await connection.fetch(page_sql, *values, ask.limit, (ask.page - 1) * ask.limit)
            _answer(rows, int(total or 0))

    async with asyncpg.create_pool(store.url, min_size=_POOL, max_size=_POOL) as pool:
        started, worked = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work(pool) for _ in range(_TASKS)))
        return count / (time.perf_counter() - started), (time.process_time() - worked) / count * 1e6
