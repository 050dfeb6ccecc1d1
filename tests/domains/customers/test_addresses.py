"""Addresses: a list with defaults, beside the one address that older clients send."""

from typing import Any

import pytest

from mewayz.backend.documents import wire
from mewayz.backend.errors import Invalid
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.service import customers
from tests.domains.customers.buyers import SELLER, again, customer

HOME = {"label": "Home", "line1": "1 Rue X", "city": "Paris", "country": "FR"}
WORK = {"label": "Work", "line1": "2 High St", "city": "Leeds", "country": "united kingdom", "defaultBilling": True}


def defaults(found: dict[str, Any]) -> list[tuple[str, bool, bool]]:
    return [(one["label"], one["defaultShipping"], one["defaultBilling"]) for one in found["addresses"]]


async def test_the_first_address_is_the_default_for_what_no_other_claims(runtime: Runtime) -> None:
    found = wire(await customer(addresses=[HOME, WORK]))
    assert defaults(found) == [("Home", True, False), ("Work", False, True)]
    assert (found["address"]["line1"], found["country"]) == ("1 Rue X", "France")
    assert found["addresses"][1]["country"] == "United Kingdom"
    assert set(found["address"]) == {"name", "line1", "line2", "city", "region", "postalCode", "country"}


async def test_one_address_is_a_list_of_one_and_changes_the_default(runtime: Runtime) -> None:
    made = await customer(address={"line1": "9 Old Rd", "country": "Spain"})
    assert defaults(wire(made)) == [("", True, True)]
    assert made.country == "Spain"
    made = await customers.update(SELLER, made.id, {"addresses": [WORK, {**HOME, "defaultShipping": True}]}, 1)
    made = await customers.update(SELLER, made.id, {"address": {"line1": "3 Rue Z", "country": "France"}}, 2)
    assert [one["line1"] for one in made.addresses] == ["2 High St", "3 Rue Z"]
    assert (made.addresses[1]["label"], made.address["line1"]) == ("Home", "3 Rue Z")
    made = await customers.update(SELLER, made.id, {"address": {}}, 3)
    assert defaults(wire(made)) == [("Work", True, True)]
    assert made.country == "United Kingdom"
    made = await customers.update(SELLER, made.id, {"addresses": []}, 4)
    assert (made.addresses, made.country, made.address["line1"]) == ([], "", "")


async def test_both_forms_are_taken_when_they_agree(runtime: Runtime) -> None:
    made = wire(await customer(addresses=[HOME, WORK]))
    copy = await customer("Copy", addresses=made["addresses"], address=made["address"])
    assert copy.addresses == made["addresses"]
    for values, field in (
        ({"addresses": [HOME], "address": {"line1": "elsewhere"}}, "address"),
        ({"addresses": [{**HOME, "defaultShipping": True}, {**WORK, "defaultShipping": True}]}, "addresses.1.defaultShipping"),
        ({"addresses": [HOME] * 21}, "addresses"),
        ({"addresses": [{"street": "x"}]}, "addresses.0.street"),
    ):
        with pytest.raises(Invalid) as raised:
            await customer("Bad", **values)
        assert set(raised.value.fields) == {field}


async def test_a_phone_number_is_kept_in_international_form(runtime: Runtime) -> None:
    made = await customer(phone="020 7946 0018", address={"country": "GB"})
    assert made.phone == "+44 20 7946 0018"
    assert (await customers.update(SELLER, made.id, {"phone": "0043 1 53115"}, 1)).phone == "+43 1 53115"
    for number in ("ext. 12", "none"):
        with pytest.raises(Invalid) as raised:
            await customer("C", phone=number)
        assert set(raised.value.fields) == {"phone"}


async def test_consent_knows_since_when(runtime: Runtime) -> None:
    made = await customer()
    assert (made.marketing_consent, made.marketing_consent_at) == (False, None)
    given = await customers.update(SELLER, made.id, {"marketingConsent": True}, 1)
    assert given.marketing_consent_at is not None
    await customers.update(SELLER, made.id, {"marketingConsent": True, "company": "X"}, 2)
    assert (await again(made)).marketing_consent_at == given.marketing_consent_at


async def test_tags_are_kept_once(runtime: Runtime) -> None:
    assert (await customer(tags=["vip", " vip ", "eu"])).tags == ["vip", "eu"]
