"""Notes: what people write down about a customer, newest first, each in its author's name."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field
from sqlalchemy import Index, Integer, bindparam, select, update
from sqlmodel import Field as Stored

from mewayz.backend.access import Actor, allow
from mewayz.backend.collection import Collection
from mewayz.backend.documents import Document, wire
from mewayz.backend.errors import Forbidden
from mewayz.backend.payloads import Payload, parse
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import customers_collection

PAGE = 20


class OthersNote(Forbidden):
    """A note says what its author wrote."""

    code = "customers.others_note"
    default_message = "Only who wrote a note may change or delete it. Write one of your own."


class CustomerNote(Document, table=True):
    """One entry of a customer's timeline."""

    __tablename__ = "customer_notes"
    __table_args__ = (Index("customer_notes_customer", "customer_id", "created_at", "id"),)

    customer_id: str = Stored(foreign_key="customers.id", ondelete="CASCADE")
    author_id: str
    author_name: str = ""
    text: str


class NoteText(Payload):
    """What a note says."""

    text: Annotated[str, Field(min_length=1, max_length=10_000)]


notes_collection = Collection(CustomerNote, "customer_notes")
_table = notes_collection.table
_PAGE = (
    select(*_table.columns)
    .where(_table.c.customer_id == bindparam("customer"))
    .order_by(_table.c.created_at.desc(), _table.c.id.desc())
    .limit(bindparam("limit", type_=Integer()))
    .offset(bindparam("offset", type_=Integer()))
)
_IDS = select(_table.c.id).where(_table.c.customer_id == bindparam("customer"))
_MOVE = (
    update(_table)
    .where(_table.c.id == bindparam("id_"), _table.c.customer_id == bindparam("from_customer"))
    .values(customer_id=bindparam("to_customer"))
)


class Notes:
    """The timeline of notes on a customer."""

    noun: ClassVar[str] = "customers"

    @allow("read")
    async def page(self, actor: Actor, customer_id: str, page: int = 1) -> dict[str, Any]:
        """`{notes, hasNextPage}`: PAGE notes in wire form, the newest first.

        Raises:
            NotFound: no such customer.
        """
        await customers_collection.get(customer_id)
        wanted = {"customer": customer_id, "limit": PAGE + 1, "offset": (page - 1) * PAGE}
        rows = await current().database.fetch(_PAGE, wanted)
        return {"notes": [wire(notes_collection.build(row)) for row in rows[:PAGE]], "hasNextPage": len(rows) > PAGE}

    @allow("update")
    async def add(self, actor: Actor, customer_id: str, data: Mapping[str, Any]) -> CustomerNote:
        """Write a note.

        Raises:
            Invalid. NotFound: no such customer.
        """
        text = parse(NoteText, data).text
        async with unit():
            await customers_collection.get(customer_id, lock=True)
            return await notes_collection.add(CustomerNote(customer_id=customer_id, author_id=actor.id, author_name=actor.name, text=text))

    @allow("update")
    async def edit(self, actor: Actor, note_id: str, data: Mapping[str, Any], rev: int | None = None) -> CustomerNote:
        """Change what one's own note says.

        Raises:
            Invalid, NotFound, Conflict. OthersNote: somebody else wrote it.
        """
        text = parse(NoteText, data).text
        async with unit():
            await self._own(actor, note_id)
            _, after = await notes_collection.patch(note_id, {"text": text}, rev)
        return after

    @allow("update")
    async def delete(self, actor: Actor, note_id: str) -> CustomerNote:
        """Delete one's own note.

        Raises:
            NotFound. OthersNote: somebody else wrote it.
        """
        async with unit():
            await self._own(actor, note_id)
            return await notes_collection.remove(note_id)

    async def _own(self, actor: Actor, note_id: str) -> None:
        if (await notes_collection.get(note_id, lock=True)).author_id != actor.id:
            raise OthersNote


async def note_ids(customer_id: str) -> list[str]:
    """The notes of a customer."""
    return [row[0] for row in await current().database.fetch(_IDS, {"customer": customer_id})]


async def move_notes(ids: list[str], from_customer: str, to_customer: str) -> None:
    """Give those of the notes that are `from_customer`'s to another one, in the caller's unit; nobody has edited them."""
    moves = [{"id_": one, "from_customer": from_customer, "to_customer": to_customer} for one in ids]
    await current().database.execute_many(_MOVE, moves)


notes = Notes()
