"""What is asked of a country and a telephone number that somebody enters. Files and what is there already keep what they hold."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Table, select

from mewayz.backend.runtime import current
from mewayz.domains.customers.addresses import default_of, read_addresses
from mewayz.domains.customers.countries import country_code
from mewayz.domains.customers.identity import is_plausible_phone
from mewayz.domains.customers.model import Customer, CustomerCreate, CustomerUpdate, customers_collection

NO_COUNTRY = "Choose a country from the list."
NO_PHONE = "Enter a telephone number, such as +44 20 7946 0018. Numbers without + are read as of the country of the address."


async def country_problems(countries: Mapping[str, str], kept: Iterable[str], tables: Iterable[Table]) -> dict[str, str]:
    """Messages by field for what is no country.

    Args:
        countries: name by field.
        kept: what the record holds already.
        tables: where a name that occurs, such as one of an import, is known by.
    """
    known = {"", *kept}
    found: dict[str, str] = {}
    for path, name in countries.items():
        if name not in known and not country_code(name) and not await _occurs(name, tables):
            found[path] = NO_COUNTRY
    return found


async def _occurs(name: str, tables: Iterable[Table]) -> bool:
    for table in tables:
        if await current().database.first(select(table.c.id).where(table.c.country == name).limit(1)) is not None:
            return True
    return False


async def customer_problems(before: Customer | None, payload: CustomerCreate | CustomerUpdate) -> dict[str, str]:
    """Messages by field for the countries and the telephone number of a customer."""
    countries: dict[str, str] = {"address.country": payload.address.country} if payload.address else {}
    countries |= {f"addresses.{index}.country": one.country for index, one in enumerate(payload.addresses or ())}
    former: list[dict[str, Any]] = before.addresses if before else []
    found = await country_problems(countries, [one["country"] for one in former], [customers_collection.table])
    if payload.phone and (before is None or payload.phone != before.phone):
        country = str(default_of(read_addresses(payload.address, payload.addresses, former))["country"])
        if not is_plausible_phone(payload.phone, country):
            found["phone"] = NO_PHONE
    return found
