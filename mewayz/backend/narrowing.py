"""How far the index of a search on SQLite narrows a list: to a few rows that are known then, to what it is asked again, or not at all.

PostgreSQL takes its index by itself; SQLite asks the one that a statement names. A question of the index walks through all rows that
contain its most frequent letters, so what it found is kept where it is little.
"""

from typing import NamedTuple

from mewayz.backend.database import Database
from mewayz.backend.search import SearchIndex, phrases

_FEW = 64  # rows that are named one by one
_RARE = 10_000  # rows that are looked for in the index again; more of them are met sooner along the order


class Narrowed(NamedTuple):
    """What a statement adds to its conditions.

    Attributes:
        match: what the index is asked; empty where the table itself is quicker: for short words, and where most rows match.
        ids: the only rows that may match, where these are few; none of them otherwise.
    """

    match: str = ""
    ids: tuple[str, ...] = ()


async def narrow(database: Database, index: SearchIndex, search: str) -> Narrowed:
    """Ask the index what a search is worth."""
    found = phrases(search) if database.sqlite else []
    if not found:
        return Narrowed()
    every = " ".join(found)
    ids = await database.fetch(index.some, {"match": every, "most": _FEW + 1})
    if len(ids) <= _FEW:
        return Narrowed(ids=tuple(row[0] for row in ids) or ("",))  # no row has an empty id
    rare = [phrase for phrase in found if await _is_rare(database, index, phrase)]
    if not rare and len(found) > 1 and await _is_rare(database, index, every):
        return Narrowed(every)
    return Narrowed(" ".join(rare))  # frequent words would cost more than they narrow


async def _is_rare(database: Database, index: SearchIndex, match: str) -> bool:
    return await database.value(index.hits, {"match": match, "most": _RARE + 1}) <= _RARE
