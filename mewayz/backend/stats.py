"""The counts of a noun: how many records in all, and per value of each column that has kept counts."""

from collections import Counter
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy import BigInteger, cast, func, select

from mewayz.backend.collection import Restriction
from mewayz.backend.counts import KEPT_COUNTS
from mewayz.backend.database import Database
from mewayz.backend.listing import ListSpec

_kept = KEPT_COUNTS.c


def _kept_counts(spec: ListSpec):
    keys = [_kept[f"k{index}"] for index in range(len(spec.counted))]
    # PostgreSQL sums BIGINT into NUMERIC.
    return select(*keys, cast(func.sum(_kept.n), BigInteger)).where(_kept.noun == spec.noun).group_by(*keys)


def _counted_rows(spec: ListSpec, restriction: Restriction):
    columns = [spec.table.c[name] for name in spec.counted]
    own = [spec.demand(name) for name in restriction]
    return select(*columns, func.count()).where(*own).group_by(*columns)


async def stats(spec: ListSpec, database: Database, restriction: Restriction) -> dict[str, Any]:
    """`{"total": 12, "status": {"active": 9, …}, …}`: kept numbers for everything, counted rows for a restriction.

    Fixed values are there with 0 too; free ones (a category) only when they occur, and never empty.
    """
    if restriction or not spec.counted:
        params = {f"own_{name}": value for name, value in restriction.items()}
        rows = await database.fetch(_counted_rows(spec, restriction), params)
    else:
        rows = await database.fetch(_kept_counts(spec))
    found: dict[str, Any] = {"total": sum(row[-1] for row in rows)}
    fixed = {item.column: [str(choice) for choice in spec.choices[item.name]] for item in spec.filters if spec.choices[item.name]}
    for index, name in enumerate(spec.counted):
        numbers = Counter(dict.fromkeys(fixed.get(name, ()), 0))
        for row in rows:
            numbers[row[index] or ""] += row[-1]
        wanted = {value for value, number in numbers.items() if value and number} | {*fixed.get(name, ())}
        found[to_camel(name)] = {value: numbers[value] for value in sorted(wanted)}
    return found
