"""Importing orders of the past: no stock moves, nobody gets a letter, and every figure counts them on their own day."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from sqlalchemy import select

from mewayz.backend import audit, batches
from mewayz.backend.access import Actor
from mewayz.backend.batches import BatchStatus, ImportBatch
from mewayz.backend.database import BrokenOff
from mewayz.backend.errors import Conflict
from mewayz.backend.garbage import rarely_collected
from mewayz.backend.ids import new_id
from mewayz.backend.importing import Columns
from mewayz.backend.loads import MAX_CHANGES, How, Loaded, OnError, Problems
from mewayz.backend.money import to_units
from mewayz.backend.rows import Row
from mewayz.backend.runtime import current
from mewayz.backend.sequences import next_number
from mewayz.backend.shop import shop
from mewayz.backend.sources import Source
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders import rollups
from mewayz.domains.orders.bulk import change_many, place_many
from mewayz.domains.orders.buyers import keep_buyers
from mewayz.domains.orders.drafts import Draft, Drafts, told_by
from mewayz.domains.orders.intake import Intake
from mewayz.domains.orders.intake_cells import MOST_PIECES
from mewayz.domains.orders.model import MAX_TOTAL, Order, orders_collection
from mewayz.domains.orders.parties import Parties
from mewayz.domains.orders.sorting import Found, Part, objection
from mewayz.domains.orders.spool import Spool
from mewayz.domains.products.model import products_collection

_TRIES = 3  # of a part that others were in the way of
_BATCH = 1_000  # orders per transaction: about a second, after which others may write
_READING, _CHECKING = 0.2, 0.25
_ANY = select(orders_collection.table.c.id).limit(1)


class _Gone(Conflict):
    """A product or a customer that a part names was removed after it was looked up."""

    default_message = "Products or customers of this import were removed while it ran. Try again."


async def load(
    actor: Actor,
    source: Source,
    kind: str,
    columns: Columns,
    how: How,
    most: int | None,
    report: Callable[[float], None],
    undo: Callable[[str], Awaitable[object]],
) -> Loaded:
    """Load a file of historical orders; see `Orders.load_table`. `undo` takes a batch back that failed on its way.

    Everything is checked before the first order is written. Orders are then written in parts, so that others are
    answered meanwhile; what an import has written can be taken back by its batch.

    Raises:
        Invalid: lines cannot be taken; nothing was saved.
    """
    place = await shop()
    intake = Intake(source, kind, columns, place.zone)
    with tempfile.TemporaryDirectory(prefix="mewayz-import-") as folder:
        spool = await asyncio.to_thread(_spooled, Path(folder), intake, lambda share: report(share * _READING), most)
        try:
            run = _Load(actor, intake, spool, how, report, place.currency)
            await run.check()
            try:
                with rarely_collected():
                    await run.write()
            except Exception:
                if run.loaded.batch is not None:
                    await undo(run.loaded.batch)
                raise
            return run.loaded
        finally:
            spool.close()


def _spooled(folder: Path, intake: Intake, report: Callable[[float], None], most: int | None) -> Spool:
    with intake.records():  # its heading says which columns there are
        spool = Spool(folder, intake.paths)
    try:
        intake.fill(spool, report, most)
    except BaseException:
        spool.close()
        raise
    return spool


class _Load:
    """One import."""

    def __init__(self, actor: Actor, intake: Intake, spool: Spool, how: How, report: Callable[[float], None], currency: str) -> None:
        self.actor = actor
        self.intake = intake
        self.spool = spool
        self.how = how
        self.report = report
        self.loaded = Loaded(ignored=list(intake.ignored))
        self.batch_id = new_id()
        self.told = told_by(intake.paths)
        self.currency = currency
        self.drafts = Drafts(intake, spool, currency, how.file_name)
        self.parties = Parties(actor, currency)
        self._some_are_there = False
        self._late: list[tuple[Draft, str]] = []

    async def check(self) -> None:
        """Find the orders that must not be written over, and tell about every line that cannot be taken.

        Raises:
            Invalid: there are such, and all lines were to be taken.
        """
        database = current().database
        self._some_are_there = await database.first(_ANY) is not None
        booked: dict[str, Order] = {}
        if self._some_are_there:
            for some in self.spool.numbers():
                heads = {number: head for head, number in some}
                for order in await orders_collection.find_in("number", heads):
                    if reason := objection(order, self.how.mode):
                        head = heads[order.number]
                        self.spool.refuse(head, self.spool.first_line(head), f"number: {reason}")
                    elif order.refunds or order.fulfilments:
                        booked[order.number] = order
        await asyncio.to_thread(self._weigh)
        if booked:
            await self._compare(booked)
        self.report(_CHECKING)
        lines, heads = self.spool.refused()
        if lines:
            await asyncio.to_thread(self._tell, lines, heads)

    async def _compare(self, booked: Mapping[str, Order]) -> None:
        """Refuse what contradicts a refund or a parcel of these orders."""
        found = Found(self.actor, self.how.mode, self.told)
        flowing = (draft for draft in Drafts(self.intake, self.spool, self.currency, self.how.file_name) if draft.number in booked)
        parties = Parties(self.actor, self.currency)
        while part := await self._prepared(flowing, parties):
            found.sort(part, booked)
        for draft, reason in found.refused:
            self.spool.refuse(self.spool.head(draft.number), draft.line, reason)

    def _weigh(self) -> None:
        """Refuse what an order that is placed here could not come to either."""
        for head, line, reason in list(self.spool.excesses(to_units(MAX_TOTAL), MOST_PIECES)):
            self.spool.refuse(head, line, reason)

    def _tell(self, lines: Mapping[int, str], heads: set[int]) -> None:
        """Go through the file once more: whoever mends an order needs all of its lines."""
        with self.intake.records() as records:
            problems = Problems("orders", self.how, self.loaded, self.intake.leftovers, self.intake.columns)
            for record, pieces in records:
                reason = lines.get(record.line)
                if reason is None:
                    number = next((piece.number for piece in pieces), "").strip()
                    if self.how.on_error is OnError.STOP or not number or self.spool.head(number) not in heads:
                        continue
                    reason = "row: Another line of this order cannot be taken."
                name, _, words = reason.partition(": ")
                problems.add(Row(record.line, {}, value=record.value), {name: words})
                if problems.enough:
                    break
            problems.refuse()

    async def write(self) -> None:
        """Write all orders: while one part is written, the next is prepared."""
        flowing, parties = iter(self.drafts), self.parties
        part = await self._prepared(flowing, parties)
        while part:
            self.report(_CHECKING + (1 - _CHECKING) * min(self.drafts.lines / max(self.spool.lines, 1), 1.0))
            writing = asyncio.create_task(self._written(part, last=False))
            try:
                following = await self._prepared(flowing, parties)
            finally:
                done = await writing
            tries = 1
            while not done:
                tries += 1
                self._some_are_there = True
                parties.forget(part.products, part.customers)
                await self._fill(part, parties)
                done = await self._written(part, last=tries == _TRIES)
            if self._late and self.how.on_error is OnError.STOP:
                break
            part = following
        if self._late:
            lines = {draft.line: reason for draft, reason in self._late}
            heads = {self.spool.head(draft.number) for draft, _ in self._late if draft.number}
            await asyncio.to_thread(self._tell, lines, heads)
        if not self.how.dry_run and (self.loaded.batch or self.loaded.failed):
            await self._finish()
        self.loaded.notes += parties.notes(dry_run=self.how.dry_run)
        if self.drafts.unnumbered:
            self.loaded.notes.append("The orders have no numbers in the file: importing it again would add them again.")

    async def _begin(self) -> None:
        """Note in the caller's unit that there is such an import."""
        name, actor = self.how.file_name, self.actor
        await batches.batches.add(ImportBatch(id=self.batch_id, noun="orders", file_name=name, actor_id=actor.id, actor_name=actor.name))
        if self.how.begun is not None:
            self.how.begun(self.batch_id)

    async def _finish(self) -> None:
        found = self.loaded
        async with unit() as opened:
            if found.batch is None:
                await self._begin()
            counts = {"created": found.created, "updated": found.updated, "unchanged": found.unchanged, "failed": found.failed}
            await batches.batches.patch(self.batch_id, {**counts, "status": BatchStatus.DONE.value, "problems": found.problems})
            audit.record(opened, "orders.imported", self.batch_id, {"rows": found.imported, "batch": self.batch_id})
        found.batch = self.batch_id
        await rollups.fold(rollups.OFTEN_WRITTEN)
        await keep_buyers()

    async def _prepared(self, flowing: Iterator[Draft], parties: Parties) -> Part | None:
        """The next part; None at the end."""
        part = Part(await asyncio.to_thread(list, islice(flowing, _BATCH)))
        if not part.drafts:
            return None
        await self._fill(part, parties)
        return part

    async def _fill(self, part: Part, parties: Parties) -> None:
        """Make the orders of a part, with what is known by now."""
        drafts = self.drafts
        part.products, part.customers = await parties.find(part.drafts)
        part.made = await asyncio.to_thread(lambda: [drafts.order(draft, parties) for draft in part.drafts])

    async def _written(self, part: Part, *, last: bool) -> bool:
        """Write a part whole or not at all; False when others were in the way, and it has to be filled once more.

        Raises:
            Conflict, BrokenOff: it was the last try.
        """
        found = Found(self.actor, self.how.mode, self.told)
        try:
            if self.how.dry_run:
                found.sort(part, await self._there(part))
            else:
                await self._write(part, found)
        except (Conflict, BrokenOff):
            if last:
                raise
            return False
        loaded = self.loaded
        loaded.created += len(found.new)
        loaded.updated += len(found.changed)
        loaded.unchanged += found.unchanged
        self._late += found.refused
        if self.how.dry_run:
            loaded.changes += found.shown[: MAX_CHANGES - len(loaded.changes)]
        elif found.after:
            loaded.batch = self.batch_id
        return True

    async def _there(self, part: Part) -> dict[str, Order]:
        """The orders of these numbers that are there; in a unit, they stay as they are until it ends."""
        if not self._some_are_there:
            return {}
        return {
            order.number: order for order in await orders_collection.find_held("number", {draft.number for draft in part.drafts} - {""})
        }

    async def _write(self, part: Part, found: Found) -> None:
        """Orders first, then customers, then products: whoever holds several of them does it in this order."""
        place = await shop()
        async with unit():
            found.sort(part, await self._there(part))
            if not (after := found.after):
                return
            if self.loaded.batch is None:
                await self._begin()
            goods = {line[0] for order in after for line in order.lines if line[0]}
            buyers = {order.row["customer_id"] for order in after if order.row["customer_id"]}
            await Parties.add(
                self.batch_id, [one for one in part.products if one.id in goods], [one for one in part.customers if one.id in buyers]
            )
            had = {was.customer_id for was, _ in found.changed if was.customer_id}
            there = await customers_collection.present(buyers | had, lock="change")
            if buyers - had - there or goods - await products_collection.present(goods, lock="removal"):
                raise _Gone
            for order in found.new:
                if not order.row["number"]:
                    order.row["number"] = f"M-{await next_number('orders')}"
            await place_many(found.new, place)
            await change_many(found.changed, place.zone)
            await batches.note(self.batch_id, found.touched)
