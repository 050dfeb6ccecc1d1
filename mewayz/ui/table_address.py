"""The address of a table, which says all that it shows, and the links that change a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from mewayz.backend.amounts import counted
from mewayz.backend.query import Page


@dataclass
class Option:
    """A link that sets something, and whether it is set."""

    label: str
    href: str
    chosen: bool = False


@dataclass
class Pager:
    """Addresses of the neighbouring pages; empty where there is none."""

    label: str = ""
    first: str = ""
    prev: str = ""
    next: str = ""
    last: str = ""


@dataclass(frozen=True)
class Address:
    """The path and the query string of a table, and what they become when something is changed."""

    path: str
    raw: Mapping[str, str] = field(default_factory=dict)

    def to(self, **changes: str | None) -> str:
        """The address with keys replaced; None or "" removes one. Whatever changes, the first page is shown."""
        return self._with({**self.raw, "page": "", "cursor": "", **changes})

    def of(self, view_id: str, query: str) -> str:
        """The address of a saved view."""
        return self._with({"view": view_id, **dict(parse_qsl(query))})

    def _with(self, keys: Mapping[str, str | None]) -> str:
        kept = {key: value for key, value in keys.items() if value}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    @property
    def question(self) -> str:
        """What a view keeps of the address: search, filters and sort, in a fixed order."""
        kept = {key: value for key, value in sorted(self.raw.items()) if value and key not in ("view", "page", "cursor", "limit")}
        return urlencode(kept)


def pager(page: Page, address: Address, count: str) -> Pager:
    """The ways from a page to its neighbours."""
    first = (page.page - 1) * page.limit + 1
    label = f"{counted(first)}–{counted(first + len(page.rows) - 1)} of {count}" if page.rows else ""
    last = page.total_pages if page.total_is_exact and page.has_next else 0
    return Pager(
        label,
        first=address.to() if page.has_prev else "",
        prev=address.to(page=str(page.page - 1) if page.page > 2 else None) if page.has_prev else "",
        next=address.to(page=str(page.page + 1)) if page.has_next else "",
        last=address.to(page=str(last)) if last else "",
    )
