"""Duplicates: customers that may be the same person, by e-mail, telephone number, or name and country."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Integer, bindparam, func, select

from mewayz.backend.access import Actor, allow
from mewayz.backend.documents import wire
from mewayz.backend.runtime import current
from mewayz.domains.customers.model import Customer, customers_collection

REASONS: Mapping[str, str] = {"email": "email_key", "phone": "phone_key", "name": "name_key"}
"""Why two may be the same, and the indexed column that says so. `name` is the name and the country together."""
MAX_GROUPS = 100
MAX_MEMBERS = 10
_SECONDS = 30
_SHOWN = ("id", "name", "email", "phone", "company", "country", "status", "ordersCount", "totalSpent", "createdAt")

_table = customers_collection.table


def _groups(column: str):
    key = _table.c[column]
    return select(key).where(key > "").group_by(key).having(func.count() > 1).order_by(key).limit(bindparam("limit", type_=Integer()))


def _members(column: str):
    return select(*_table.columns).where(_table.c[column] == bindparam("key")).order_by(_table.c.id).limit(MAX_MEMBERS)


_GROUPS = {reason: _groups(column) for reason, column in REASONS.items()}
_MEMBERS = {reason: _members(column) for reason, column in REASONS.items()}


def _brief(customer: Customer) -> dict[str, Any]:
    whole = wire(customer)
    return {name: whole[name] for name in _SHOWN}


class Duplicates:
    """Who may be here twice."""

    noun: ClassVar[str] = "customers"

    @allow("read")
    async def groups(self, actor: Actor, limit: int = 20) -> list[dict[str, Any]]:
        """`{reasons, customers}` per group, at most `limit` of them with MAX_MEMBERS customers each; those with more reasons first."""
        runtime = current()

        async def load() -> list[dict[str, Any]]:
            found: dict[tuple[str, ...], dict[str, Any]] = {}
            for reason in REASONS:
                for [key] in await runtime.database.fetch(_GROUPS[reason], {"limit": limit}):
                    members = [_brief(one) for one in await self._alike(reason, key)]
                    group = found.setdefault(tuple(one["id"] for one in members), {"reasons": [], "customers": members})
                    group["reasons"].append(reason)
            return sorted(found.values(), key=lambda group: -len(group["reasons"]))[:limit]

        return await runtime.cache.remember(self.noun, ["duplicates", limit], ttl=_SECONDS, compute=load)

    @allow("read")
    async def of(self, actor: Actor, customer_id: str) -> list[dict[str, Any]]:
        """`{reasons, customer}` for each that may be the same as this one, the likeliest first.

        Raises:
            NotFound: no such customer.
        """
        asked = await customers_collection.get(customer_id)
        found: dict[str, dict[str, Any]] = {}
        for reason, column in REASONS.items():
            if key := getattr(asked, column):
                for one in await self._alike(reason, key):
                    if one.id != asked.id:
                        found.setdefault(one.id, {"reasons": [], "customer": _brief(one)})["reasons"].append(reason)
        return sorted(found.values(), key=lambda one: -len(one["reasons"]))

    async def _alike(self, reason: str, key: str) -> list[Customer]:
        return [customers_collection.build(row) for row in await current().database.fetch(_MEMBERS[reason], {"key": key})]


duplicates = Duplicates()
