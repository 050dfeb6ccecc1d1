"""Notes: everybody who may change customers writes them, and changes their own only."""

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.errors import Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.notes import PAGE, OthersNote, notes
from mewayz.domains.customers.service import customers
from tests.domains.customers.buyers import MODERATOR, SELLER, customer


async def test_a_timeline_of_notes_the_newest_first(runtime: Runtime) -> None:
    made = await customer(notes="Likes tea")
    for number in range(PAGE + 1):
        await notes.add(MODERATOR, made.id, {"text": f" Called {number} "})
    first, second = await notes.page(SELLER, made.id), await notes.page(SELLER, made.id, 2)
    assert [one["text"] for one in first["notes"]][:2] == [f"Called {PAGE}", f"Called {PAGE - 1}"]
    assert (len(first["notes"]), first["hasNextPage"], len(second["notes"]), second["hasNextPage"]) == (PAGE, True, 1, False)
    assert first["notes"][0]["authorName"] == "Moderator"
    assert (await customers.get(SELLER, made.id)).notes == "Likes tea"


async def test_only_its_author_changes_a_note(runtime: Runtime) -> None:
    made = await customer()
    note = await notes.add(MODERATOR, made.id, {"text": "Called"})
    for refused in (notes.edit(SELLER, note.id, {"text": "x"}), notes.delete(SELLER, note.id)):
        with pytest.raises(OthersNote):
            await refused
    assert (await notes.edit(MODERATOR, note.id, {"text": "Called twice"}, note.rev)).text == "Called twice"
    await notes.delete(MODERATOR, note.id)
    assert (await notes.page(SELLER, made.id))["notes"] == []


async def test_notes_go_with_their_customer(runtime: Runtime) -> None:
    made = await customer()
    note = await notes.add(SELLER, made.id, {"text": "Called"})
    with pytest.raises(Invalid):
        await notes.add(SELLER, made.id, {"text": "  "})
    await customers.delete(SELLER, made.id)
    for gone in (notes.page(SELLER, made.id), notes.delete(SELLER, note.id), notes.add(SELLER, made.id, {"text": "x"})):
        with pytest.raises(NotFound):
            await gone
    with pytest.raises(Forbidden):
        await notes.page(Actor("d" * 24, role=Role.USER), made.id)
