"""Which pages of the list of users are asked for, by Mewayz, by the peers and by the bare drivers alike."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from urllib.parse import urlencode

SORTS = {"createdAt": "created_at", "name": "name", "email": "email"}
COLUMNS = ("id", "rev", "created_at", "updated_at", "name", "email", "role", "plan", "status", "company", "last_login_at", "demo")
LIMIT = 10
PATH = "/api/v1/users"

_ROLES = ("user", "user,moderator", "user,enterprise", "user,moderator,enterprise")
_PLANS = ("", "Free", "Free,Pro", "Free,Enterprise")
_STATUSES = ("", "active", "active,pending", "active,suspended", "active,inactive")
_ORDERS = tuple(sign + sort for sign in ("", "-") for sort in SORTS)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: filters, sort, page, rows."""

    filters: tuple[tuple[str, str], ...]
    sort: str
    page: int
    limit: int = LIMIT

    def path(self, **more: str) -> str:
        """The address on a server."""
        page = {"sort": self.sort, "page": self.page, "limit": self.limit}
        return f"{PATH}?{urlencode({**dict(self.filters), **page, **more})}"

    @property
    def values(self) -> dict[str, list[str]]:
        """Column → the values that it may have."""
        return {name: value.split(",") for name, value in self.filters}


def _filters(**given: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in given.items() if value)


def many_hits(seed: int) -> Sequence[Ask]:
    """The first pages of filters that half to all of the rows match: far more questions than a cache holds answers."""
    filters = [_filters(role=role, plan=plan, status=status) for role, plan, status in product(_ROLES, _PLANS, _STATUSES)]
    every = [Ask(found, sort, page) for found in filters for sort in _ORDERS for page in range(1, 21)]
    return random.Random(seed).sample(every, len(every))


def few_hits(seed: int) -> Sequence[Ask]:
    """Pages of a filter that one row in a thousand matches: again more than a cache holds."""
    found = _filters(role="admin", plan="Enterprise")
    every = [Ask(found, sort, page, limit) for sort in _ORDERS for page in range(1, 10) for limit in range(5, 80)]
    return random.Random(seed).sample(every, len(every))


def same_again(seed: int) -> Sequence[Ask]:
    """One page, again and again."""
    return [Ask(_filters(role="user", status="active"), "-createdAt", 1)]
