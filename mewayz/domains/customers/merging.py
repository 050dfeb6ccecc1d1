"""Merging two customers into one, and undoing that."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import Field, StrictBool
from sqlalchemy import Index, bindparam, delete, select
from sqlmodel import Field as Stored

from mewayz.backend import audit, clock, counts
from mewayz.backend.access import Actor, allow, check
from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime, time_text
from mewayz.backend.documents import Document
from mewayz.backend.errors import Conflict, Invalid, NotFound
from mewayz.backend.payloads import Payload, parse
from mewayz.backend.runtime import current
from mewayz.backend.unit import repeatable, unit
from mewayz.domains.customers import merge_plan
from mewayz.domains.customers.identity import derived_columns
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.customers.notes import CustomerNote, move_notes, note_ids, notes_collection
from mewayz.domains.customers.service import let_go

UNDO_LASTS = timedelta(days=30)
_TOTALS = {"orders_count": 0, "total_spent": 0, "total_returned": 0, "first_order_at": None, "last_order_at": None, "first_currency": ""}
_UNIQUE = {"email": "e-mail address", "reference": "reference"}


class CannotUndo(Conflict):
    """What a merge has made is no longer there to be taken apart."""

    code = "customers.cannot_undo"


class Follower(Protocol):
    """A higher room whose records name customers, and move with them. All of it runs in the unit of the merge."""

    async def count(self, customer_id: str) -> int:
        """How many records name this customer."""
        ...

    async def hold(self, customer_id: str) -> None:
        """Let nobody else change them until the unit ends."""
        ...

    async def move(self, merge_id: str, removed: Customer, kept: Customer) -> int:
        """Give all records of `removed` to `kept`, and remember under `merge_id` which they were."""
        ...

    async def move_back(self, merge_id: str, removed: Customer, kept: Customer) -> tuple[int, int]:
        """Give back those that are still `kept`'s; how many, and how many are not."""
        ...


class CustomerMerge(Document, table=True):
    """What is needed to undo a merge: the removed customer whole, and what the kept one was before and after."""

    __tablename__ = "customer_merges"
    __table_args__ = (Index("customer_merges_kept", "kept_id", "created_at"), Index("customer_merges_created", "created_at"))

    kept_id: str
    removed_id: str
    removed: dict[str, Any] = Stored(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    before: dict[str, Any] = Stored(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    after: dict[str, Any] = Stored(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    moved_notes: list[str] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    added_note: str = ""
    moved: int = 0
    by_name: str = ""
    undone_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]


class MergePayload(Payload):
    """Which customer becomes a part of the one in the path."""

    from_: Annotated[str, Field(alias="from", min_length=1, max_length=24, description="The customer that is removed.")]
    dry_run: StrictBool = False


merges_collection = Collection(CustomerMerge, "customer_merges", audited=False)
_table = merges_collection.table
_PURGE = delete(_table).where(_table.c.created_at < bindparam("before", type_=UtcTime()))
_RECENT = (
    select(*_table.columns)
    .where(_table.c.kept_id == bindparam("kept"), _table.c.created_at >= bindparam("since", type_=UtcTime()), _table.c.undone_at.is_(None))
    .order_by(_table.c.created_at.desc())
    .limit(20)
)


class Merges:
    """Two records of one customer become one. It takes who may change customers and delete them."""

    noun: ClassVar[str] = "customers"
    followers: ClassVar[list[Follower]] = []
    """Rooms whose records name customers."""

    @allow("delete")
    async def preview(self, actor: Actor, kept_id: str, from_id: str) -> dict[str, Any]:
        """What a merge would do; nothing is changed.

        Raises:
            NotFound: no such customer. Invalid: at `from`.
        """
        check(actor, "customers:update")
        kept, other = await _both(kept_id, from_id, lock=False)
        found = merge_plan.plan(kept, other)
        orders = sum([await one.count(other.id) for one in self.followers])
        return _told(kept, other, found, orders, len(await note_ids(other.id)))

    @allow("delete")
    @repeatable
    async def merge(self, actor: Actor, kept_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Merge the customer named by `from` into this one, or with `dryRun` say what that would do.

        Raises:
            NotFound: no such customer. Invalid: at `from`.
        """
        check(actor, "customers:update")
        payload = parse(MergePayload, data)
        if payload.dry_run:
            return await self.preview(actor, kept_id, payload.from_)
        database = current().database
        async with unit() as opened:
            await database.execute(_PURGE, {"before": clock.now() - UNDO_LASTS})
            # Whoever changes a record holds it first and its customer then; here it is the same order.
            for follower in self.followers:
                await follower.hold(payload.from_)
            kept, other = await _both(kept_id, payload.from_, lock=True)
            found = merge_plan.plan(kept, other)
            moved_notes = await note_ids(other.id)
            await move_notes(moved_notes, other.id, kept.id)
            made = await merges_collection.add(
                CustomerMerge(
                    kept_id=kept.id,
                    removed_id=other.id,
                    removed=other.model_dump(mode="json"),
                    moved_notes=moved_notes,
                    by_name=actor.name,
                )
            )
            moved = sum([await one.move(made.id, other, kept) for one in self.followers])
            await let_go(other.id)
            # Removed before the kept one takes over what only one customer can have.
            await customers_collection.remove(other.id)
            _, after = await customers_collection.patch(kept.id, _with_derived(kept, found.changes))
            changed = {name for name in merge_plan.MERGED if getattr(kept, name) != getattr(after, name)}
            noted: dict[str, Any] = {
                "before": kept.model_dump(mode="json", include=changed),
                "after": after.model_dump(mode="json", include=changed),
            }
            if found.note:
                text = CustomerNote(customer_id=kept.id, author_id=actor.id, author_name=actor.name, text=f"{other.name}: {found.note}")
                noted["added_note"] = (await notes_collection.add(text)).id
            await merges_collection.patch(made.id, {**noted, "moved": moved})
            details = {"from": other.id, "merge": made.id, "orders": moved, "notes": len(moved_notes)}
            audit.record(opened, "customers.merged", kept.id, details, risk="medium")
            opened.before_commit("fold:customers", partial(counts.fold, database, "customers"))
        return {**_told(kept, other, found, moved, len(moved_notes)), **_undoable(made), "dryRun": False}

    @allow("read")
    async def recent(self, actor: Actor, customer_id: str) -> list[dict[str, Any]]:
        """The merges into this customer that can be undone, the newest first."""
        rows = await current().database.fetch(_RECENT, {"kept": customer_id, "since": clock.now() - UNDO_LASTS})
        found = [merges_collection.build(row) for row in rows]
        return [
            {
                **_undoable(one),
                "from": {"id": one.removed_id, "name": one.removed["name"]},
                "orders": one.moved,
                "by": one.by_name,
                "at": time_text(one.created_at),
            }
            for one in found
        ]

    @allow("delete")
    @repeatable
    async def undo(self, actor: Actor, merge_id: str) -> dict[str, Any]:
        """Make the removed customer again, and give it back what was its. What has changed since is left, and told.

        Returns:
            `{kept, restored, orders, remarks}`.

        Raises:
            NotFound: no such merge. CannotUndo: too late, done already, or the kept customer is gone.
        """
        check(actor, "customers:update")
        database = current().database
        async with unit() as opened:
            made = await merges_collection.get(merge_id, lock=True)
            _still_undoable(made)
            for follower in self.followers:
                await follower.hold(made.kept_id)
            try:
                kept = await customers_collection.get(made.kept_id, lock=True)
            except NotFound:
                raise CannotUndo("The customer was merged or deleted since. Undo that first, where it can be undone.") from None
            remarks: list[str] = []
            kept = await _taken_back(kept, made, remarks)
            removed = await _made_again(made, remarks)
            await move_notes(made.moved_notes, kept.id, removed.id)
            if made.added_note and (note := await notes_collection.find(id=made.added_note)):
                if note.rev == 1 and note.customer_id == kept.id:
                    await notes_collection.remove(note.id)
                else:
                    remarks.append("The note that the merge added was changed since, and stays.")
            orders = 0
            for follower in self.followers:
                back, gone = await follower.move_back(made.id, removed, kept)
                orders += back
                if gone:
                    remarks.append(f"{gone} of the moved orders {'is' if gone == 1 else 'are'} no longer there to go back.")
            await merges_collection.patch(made.id, {"undone_at": clock.now(), "removed": {}, "before": {}, "after": {}})
            audit.record(
                opened, "customers.merge_undone", kept.id, {"restored": removed.id, "merge": made.id, "orders": orders}, risk="medium"
            )
            opened.before_commit("fold:customers", partial(counts.fold, database, "customers"))
        return {"kept": _named(kept), "restored": _named(removed), "orders": orders, "remarks": remarks}


async def _both(kept_id: str, from_id: str, *, lock: bool) -> tuple[Customer, Customer]:
    if kept_id == from_id:
        raise Invalid(fields={"from": "Choose another customer: this is the one that stays."})
    found: dict[str, Customer] = {}
    # In the order of ids, so that two merges of the same customers never wait for each other in a circle.
    for one in sorted((kept_id, from_id)):
        try:
            found[one] = await customers_collection.get(one, lock=lock)
        except NotFound:
            if one == kept_id:
                raise
            raise Invalid(fields={"from": "This customer does not exist."}) from None
    return found[kept_id], found[from_id]


def _with_derived(customer: Customer, changes: Mapping[str, Any]) -> dict[str, Any]:
    named = ("name", "email", "phone", "addresses")
    if not any(name in changes for name in named):
        return dict(changes)
    return {**changes, **derived_columns({name: changes.get(name, getattr(customer, name)) for name in named})}


async def _taken_back(kept: Customer, made: CustomerMerge, remarks: list[str]) -> Customer:
    """The kept customer as it was before, as far as nobody has changed it since."""
    changes: dict[str, Any] = {}
    for name, before in made.before.items():
        changes[name], whole = merge_plan.taken_back(name, getattr(kept, name), before, made.after[name])
        if not whole:
            remarks.append(f"{name.replace('_', ' ').capitalize()} of {kept.name} was changed since, and stays.")
    _, after = await customers_collection.patch(kept.id, _with_derived(kept, changes))
    return after


async def _made_again(made: CustomerMerge, remarks: list[str]) -> Customer:
    """The removed customer as it was, without what somebody else has by now; its totals follow its orders."""
    stored = {**made.removed, **_TOTALS}
    for name, label in _UNIQUE.items():
        if stored[name] and await customers_collection.find(**{name: stored[name]}):
            remarks.append(f"The {label} {stored[name]} is in use by now. {stored['name']} comes back without it.")
            stored[name] = None
    removed = Customer.model_validate({**stored, "rev": stored["rev"] + 1, "updated_at": clock.now()})
    if removed.email is None:
        removed.email_key = ""
    return await customers_collection.add(removed)


def _still_undoable(made: CustomerMerge) -> None:
    if made.undone_at is not None:
        raise CannotUndo("This merge has been undone already.")
    if made.created_at < clock.now() - UNDO_LASTS:
        raise CannotUndo(f"A merge can be undone for {UNDO_LASTS.days} days, and these are over.")


def _undoable(made: CustomerMerge) -> dict[str, Any]:
    return {"id": made.id, "undoUntil": time_text(made.created_at + UNDO_LASTS)}


def _named(customer: Customer) -> dict[str, str]:
    return {"id": customer.id, "name": customer.name}


def _told(kept: Customer, other: Customer, found: merge_plan.Plan, orders: int, notes: int) -> dict[str, Any]:
    return {
        "id": None,
        "undoUntil": None,
        "dryRun": True,
        "kept": _named(kept),
        "from": _named(other),
        "fields": merge_plan.shown(kept, other, found.changes),
        "orders": orders,
        "notes": notes,
        "remarks": found.remarks,
    }


merges = Merges()
