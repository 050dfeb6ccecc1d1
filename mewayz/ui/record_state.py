"""The state behind a page about one record: reads the id from the address, asks the service, holds texts."""

from typing import Any, ClassVar

from mewayz.backend.crud import CrudService
from mewayz.backend.documents import wire
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.words import Locale, locale

NOTHING = "–"


class RecordState(Guarded, mixin=True):
    """One record to look at. A room subclasses it flat, names its service, and says in `_show` what is shown.

    Attributes:
        title: the heading.
        values: texts by name; what is missing shows as a dash.
    """

    service: ClassVar[CrudService[Any]]

    loaded: bool = False
    record_id: str = ""
    title: str = ""
    values: dict[str, str] = {}  # noqa: RUF012 (Reflex copies defaults per client)

    @classmethod
    def _noun(cls) -> str:
        """The noun of `":read"` policies."""
        return cls.service.noun

    @on(":read")
    async def open(self) -> None:
        """Show the record that the address names."""
        asked = self.router.url.path.rstrip("/").rpartition("/")[2]
        if asked != self.record_id:
            self.loaded, self.title = False, ""
        async with guarded(self):
            record = wire(await self.service.get(actor(), asked))
            self.record_id = record["id"]
            await self._show(record, await locale())
            self.loaded = True
        if self.error:
            self.loaded = False

    async def _show(self, record: dict[str, Any], words: Locale) -> None:
        """Fill title and values from the wire form."""


def text(value: Any) -> str:
    """A text, or a dash where there is none."""
    return str(value) if value not in (None, "", [], {}) else NOTHING


def address_text(address: dict[str, Any]) -> str:
    """A postal address in one line."""
    place = " ".join(part for part in (address.get("postalCode"), address.get("city")) if part)
    parts = (address.get("name"), address.get("line1"), address.get("line2"), place, address.get("region"), address.get("country"))
    return text(", ".join(part for part in parts if part))
