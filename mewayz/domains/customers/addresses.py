"""The addresses of a customer: a list, of which one is the default to ship to and one the default to bill."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictBool

from mewayz.backend.errors import Invalid
from mewayz.backend.payloads import Payload
from mewayz.domains.customers.countries import country_name

MAX_ADDRESSES = 20
_DEFAULTS = ("defaultShipping", "defaultBilling")
Wire = dict[str, Any]


class Address(Payload):
    """A postal address; `country` is its English name, and a two-letter code becomes one."""

    name: Annotated[str, Field(max_length=100)] = ""
    line1: Annotated[str, Field(max_length=200)] = ""
    line2: Annotated[str, Field(max_length=200)] = ""
    city: Annotated[str, Field(max_length=100)] = ""
    region: Annotated[str, Field(max_length=100)] = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    country: Annotated[str, Field(max_length=100), AfterValidator(country_name)] = ""


class CustomerAddress(Address):
    """An address of a customer. The first one is the default for what no other one claims."""

    label: Annotated[str, Field(max_length=50)] = ""
    default_shipping: StrictBool = False
    default_billing: StrictBool = False


BLANK: Wire = Address().model_dump(by_alias=True)


def is_blank(address: Mapping[str, Any]) -> bool:
    """Whether nothing of a postal address is given."""
    return not any(address.get(name) for name in BLANK)


def postal(address: Mapping[str, Any]) -> Wire:
    """The postal part of a customer's address."""
    return {name: address.get(name, "") for name in BLANK}


def default_of(addresses: Sequence[Mapping[str, Any]], purpose: str = "defaultShipping") -> Wire:
    """The address to ship to (or `defaultBilling`: to bill), in its postal form."""
    return postal(next((one for one in addresses if one[purpose]), BLANK))


def listed(address: Mapping[str, Any]) -> list[Wire]:
    """The list that a single address makes."""
    return [] if is_blank(address) else [{**postal(address), "label": "", **dict.fromkeys(_DEFAULTS, True)}]


def with_defaults(addresses: Sequence[Mapping[str, Any]]) -> list[Wire]:
    """The addresses with exactly one default of each kind: of several the first, of none the first address."""
    found: list[Wire] = [dict(one) for one in addresses]
    for purpose in _DEFAULTS:
        chosen = next((index for index, one in enumerate(found) if one[purpose]), 0)
        for index, one in enumerate(found):
            one[purpose] = index == chosen
    return found


def replaced_default(addresses: Sequence[Mapping[str, Any]], address: Mapping[str, Any]) -> list[Wire]:
    """The list after its default address has become `address`; a blank one takes it off the list."""
    kept = [one for one in addresses if not one["defaultShipping"]]
    if is_blank(address):
        return with_defaults(kept)
    before = next((one for one in addresses if one["defaultShipping"]), None)
    now = {**before, **postal(address)} if before else {**listed(address)[0], "defaultBilling": not addresses}
    return with_defaults([now if one is before else one for one in addresses] if before else [now, *kept])


def read_addresses(address: Address | None, addresses: Sequence[CustomerAddress] | None, before: Sequence[Wire] = ()) -> list[Wire]:
    """What was sent as `address` (the default one), as `addresses` (all of them), or as both, as they are in a row of an export.

    Raises:
        Invalid: two are the same default, or both forms contradict each other.
    """
    if not addresses:
        kept = [] if addresses is not None and address is None else before
        return replaced_default(kept, address.model_dump(by_alias=True)) if address is not None else list(kept)
    problems: dict[str, str] = {}
    for purpose in _DEFAULTS:
        chosen = [index for index, one in enumerate(addresses) if one.model_dump(by_alias=True)[purpose]]
        problems |= {f"addresses.{index}.{purpose}": "Only one address can be this default." for index in chosen[1:]}
    found = with_defaults([one.model_dump(by_alias=True) for one in addresses])
    if address is not None and not is_blank(sent := address.model_dump(by_alias=True)) and sent != default_of(found):
        problems["address"] = "This is not the default one of addresses. Send one of the two."
    if problems:
        raise Invalid(fields=problems)
    return found
