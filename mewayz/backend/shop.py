"""The shop itself: name, currency and time zone, one row that everything else reads."""

from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import select
from sqlmodel import Field

from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT
from mewayz.backend.documents import Document
from mewayz.backend.regions import language_of, regions, usual_region
from mewayz.backend.runtime import current

SHOP_ID = "shop"


def _in_one_line(name: str) -> str:
    if not name.isprintable():
        raise ValueError("Write it in one line, of characters that can be seen.")
    return name


ShopName = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_in_one_line)]
_SECONDS = 60


class Shop(Document, table=True):
    """What set-up asks for. There is exactly one.

    `two_factor_for` says who must use two-factor sign-in: nobody (empty), "everyone", or roles with commas between them.
    """

    __tablename__ = "shop"

    name: str
    currency: str = Field(max_length=3)
    timezone: str
    two_factor_for: str = ""
    options: dict[str, Any] = Field(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]

    @property
    def seller(self) -> dict[str, str]:
        """Who sells, as invoices say it: `name`, `address` (its lines) and `number` (company or VAT); what is not set is missing."""
        return self.options.get("seller", {})

    @property
    def region(self) -> str:
        """The country as which numbers, money and dates are written: the chosen one, else that of the currency."""
        return self.options.get("region") or usual_region(self.currency)

    @property
    def language(self) -> str:
        """The locale of its region, in the CLDR."""
        return language_of(self.region)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the shop's days begin and end."""
        return ZoneInfo(self.timezone)


shops = Collection(Shop, "shop")
_EXISTS = select(shops.table.c.id)
DEFAULT = Shop(id=SHOP_ID, name="Mewayz", currency="GBP", timezone="UTC")


def _known_region(code: str) -> str:
    if code and code not in regions():
        raise ValueError("Choose a country from the list; its code has two letters, such as GB.")
    return code


Region = Annotated[str, AfterValidator(_known_region)]
"""The code of a region, or empty for that of the currency."""


def known_timezone(name: str) -> bool:
    """Whether `name` is in the IANA database."""
    return name in available_timezones()


async def shop() -> Shop:
    """The shop, or defaults while it has not been set up."""

    async def load() -> dict[str, Any] | None:
        found = await shops.find(id=SHOP_ID)
        if found is None:
            return None
        return {"name": found.name, "currency": found.currency, "timezone": found.timezone, "options": found.options, "rev": found.rev}

    kept = await current().cache.remember("shop", [SHOP_ID], ttl=_SECONDS, compute=load)
    found = Shop(id=SHOP_ID, **kept) if kept else DEFAULT
    current().language = found.language
    return found


async def is_set_up() -> bool:
    """Whether set-up has been completed."""
    return await current().database.first(_EXISTS) is not None


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The aware moment at which `day` begins in `zone`."""
    return datetime.combine(day, time.min, tzinfo=zone)
