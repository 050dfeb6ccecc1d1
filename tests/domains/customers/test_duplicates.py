"""Duplicates: found by what is compared, whatever it is written like."""

from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.duplicates import MAX_MEMBERS, duplicates
from mewayz.domains.customers.service import customers
from tests.domains.customers.buyers import SELLER, customer


async def test_the_same_person_written_differently(runtime: Runtime) -> None:
    anna = await customer("Anna Müller", email="anna.m@gmail.com", phone="020 7946 0018", address={"country": "United Kingdom"})
    mail = await customer("A. M.", email="annam+shop@googlemail.com")
    phone = await customer("Office", phone="+44 (20) 7946-0018")
    name = await customer("Müller, ANNA", address={"country": "GB"})
    await customer("Anna Müller", address={"country": "France"})
    found = await duplicates.groups(SELLER)
    assert [(group["reasons"], {one["id"] for one in group["customers"]}) for group in found] == [
        (["email"], {anna.id, mail.id}),
        (["phone"], {anna.id, phone.id}),
        (["name"], {anna.id, name.id}),
    ]
    assert {one["customer"]["id"]: one["reasons"] for one in await duplicates.of(SELLER, anna.id)} == {
        mail.id: ["email"],
        phone.id: ["phone"],
        name.id: ["name"],
    }
    await customers.update(SELLER, name.id, {"name": "Berta"}, 1)
    assert len(await duplicates.groups(SELLER)) == 2


async def test_more_reasons_come_first_and_groups_are_bounded(runtime: Runtime) -> None:
    for _ in range(MAX_MEMBERS + 2):
        await customer("Many")
    for _ in range(2):
        await customer("Two", phone="+43 1 531150")
    first, second = await duplicates.groups(SELLER)
    assert (first["reasons"], len(first["customers"])) == (["phone", "name"], 2)
    assert (second["reasons"], len(second["customers"])) == (["name"], MAX_MEMBERS)
    assert len(await duplicates.groups(SELLER, 1)) == 1
