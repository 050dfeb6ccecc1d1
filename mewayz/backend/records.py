"""The verbs of one record of a noun: get, create, update, delete, with the hooks that a room overrides."""

from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from mewayz.backend import counts
from mewayz.backend.access import Actor, allow, check
from mewayz.backend.collection import EVERYTHING, Collection, Restriction
from mewayz.backend.documents import Document
from mewayz.backend.entered import checked
from mewayz.backend.errors import Forbidden
from mewayz.backend.grants import Scope
from mewayz.backend.payloads import Patch, Payload, parse
from mewayz.backend.runtime import current
from mewayz.backend.unit import repeatable, unit

D = TypeVar("D", bound=Document)


class RecordService(Generic[D]):
    """What a room does with one record.

    Attributes:
        noun: plural name, the first half of its permissions.
        singular: name of one document in REST answers.
        owner: attribute that an OWN grant compares with the actor's id.
        amounts: columns with amounts in the document's currency, which can be paid when a person enters them.
    """

    noun: ClassVar[str]
    singular: ClassVar[str]
    owner: ClassVar[str | None] = None
    amounts: ClassVar[tuple[str, ...]] = ()
    collection: Collection[D]
    create_payload: type[Payload]
    update_payload: type[Patch]

    def _restriction(self, actor: Actor, verb: str) -> Restriction:
        if check(actor, f"{self.noun}:{verb}") is Scope.ANY:
            return EVERYTHING
        if self.owner is None:
            raise Forbidden
        return {self.owner: actor.id}

    # Hooks of a room ------------------------------------------------------------------------------------------------

    async def _build(self, actor: Actor, payload: Any) -> D:
        """The new document of a validated payload."""
        return self.collection.model(**payload.model_dump())

    async def _adding(self, actor: Actor, document: D) -> None:
        """Complete the document in the transaction, just before it is inserted."""

    async def _changes(self, actor: Actor, before: D, payload: Any) -> dict[str, Any]:
        """The columns that a validated payload changes."""
        return payload.changes()

    async def _entered(self, before: D | None, payload: Any) -> None:
        """Raise Invalid for what nobody should enter, though a file of the past may hold it and what is there keeps it."""

    async def _refusals(self, actor: Actor, before: D | None, payload: Any) -> None:
        """Raise Invalid for all that `_build` or `_changes` would refuse; only asked to complete a list of mistakes."""

    async def _removable(self, actor: Actor, document: D) -> None:
        """Raise Conflict when `document` must stay."""

    async def _changed(self, before: D | None, after: D | None) -> None:
        """Keep derived rows right, in the transaction of the change."""

    # Verbs ----------------------------------------------------------------------------------------------------------

    @allow("read")
    async def get(self, actor: Actor, document_id: str) -> D:
        """One document.

        Raises:
            NotFound: no such record, or not this actor's.
        """
        return await self.collection.get(document_id, self._restriction(actor, "read"))

    @allow("create")
    @repeatable
    async def create(self, actor: Actor, data: Mapping[str, Any]) -> D:
        """Create a document.

        Raises:
            Invalid: with a message per field. Conflict: a unique value is taken.
        """
        self._restriction(actor, "create")
        document: D = await checked(self, actor, self.create_payload, data, None, lambda payload: self._build(actor, payload))
        async with unit() as opened:
            await self._adding(actor, document)
            await self.collection.add(document)
            await self._changed(None, document)
            opened.before_commit(f"fold:{self.noun}", self._fold)
        return document

    @allow("update")
    async def update(self, actor: Actor, document_id: str, data: Mapping[str, Any], rev: int | None = None) -> D:
        """Change the fields that are given; `rev` is the revision that the caller has read.

        Raises:
            Invalid, NotFound, Conflict.
        """
        return await self._update(actor, document_id, data, rev, entered=True)

    @repeatable
    async def _update(self, actor: Actor, document_id: str, data: Mapping[str, Any], rev: int | None, *, entered: bool) -> D:
        """Change the fields that are given: those that somebody has `entered`, or such that were there before."""
        restriction = self._restriction(actor, "update")
        async with unit() as opened:
            before = await self.collection.get(document_id, restriction, lock=True)

            def work(payload: Any) -> Awaitable[dict[str, Any]]:
                return self._changes(actor, before, payload)

            if entered:
                changes = await checked(self, actor, self.update_payload, data, before, work)
            else:
                changes = await work(parse(self.update_payload, data))
            before, after = await self.collection.patch(document_id, changes, rev, restriction)
            await self._changed(before, after)
            opened.before_commit(f"fold:{self.noun}", self._fold)
        return after

    @allow("delete")
    @repeatable
    async def delete(self, actor: Actor, document_id: str, rev: int | None = None) -> D:
        """Delete a document and return what it was.

        Raises:
            NotFound, Conflict.
        """
        restriction = self._restriction(actor, "delete")
        async with unit() as opened:
            await self._removable(actor, await self.collection.get(document_id, restriction, lock=True))
            before = await self.collection.remove(document_id, rev, restriction)
            await self._changed(before, None)
            opened.before_commit(f"fold:{self.noun}", self._fold)
        return before

    async def _fold(self) -> None:
        await counts.fold(current().database, self.noun)
