"""Importing orders of the past: no stock moves, nobody gets a letter, and every figure counts them on their own day."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select

from mewayz.backend import audit, batches
from mewayz.backend.access import Actor, check
from mewayz.backend.batches import CREATED, UPDATED, BatchStatus, ImportBatch, Touched
from mewayz.backend.columns import UtcTime, parse_time
from mewayz.backend.documents import wire_value
from mewayz.backend.ids import new_id
from mewayz.backend.importing import Columns
from mewayz.backend.loads import MAX_CHANGES, How, Loaded, Mode, OnError, Problems
from mewayz.backend.money import MoneyType, to_units
from mewayz.backend.rows import Row
from mewayz.backend.runtime import current
from mewayz.backend.sequences import next_number
from mewayz.backend.shop import shop
from mewayz.backend.sources import Source
from mewayz.backend.unit import unit
from mewayz.domains.orders import rollups
from mewayz.domains.orders.bulk import NewOrder, place_many, remove_many
from mewayz.domains.orders.buyers import keep_buyers
from mewayz.domains.orders.drafts import IMPORTED, Draft, Drafts, told_by
from mewayz.domains.orders.intake import Intake
from mewayz.domains.orders.intake_cells import MOST_PIECES
from mewayz.domains.orders.model import MAX_TOTAL, Order, orders_collection
from mewayz.domains.orders.parties import Parties
from mewayz.domains.orders.spool import Spool
from mewayz.domains.orders.totals import recount

_BATCH = 1_000  # orders per transaction: about a second, after which others may write
_READING, _CHECKING = 0.2, 0.25
_NOT_OURS = "An order with this number was placed here, and an import does not change it."
_TAKEN = "An order with this number is there already."
_ANY = select(orders_collection.table.c.id).limit(1)


def is_historical(order: Order) -> bool:
    """Whether an order came in a file, so that nothing but the file speaks for it."""
    return bool(order.timeline) and order.timeline[0]["event"] == IMPORTED


@dataclass(slots=True)
class _Batch:
    """Orders that are ready to be written, with the records that they need first."""

    new: list[NewOrder] = field(default_factory=list[NewOrder])
    replaced: list[Order] = field(default_factory=list[Order])
    touched: list[Touched] = field(default_factory=list[Touched])
    products: list[Any] = field(default_factory=list[Any])
    customers: list[Any] = field(default_factory=list[Any])


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
            run = _Load(actor, intake, spool, how, report)
            await run.check()
            drafts = Drafts(intake, spool, place.currency, how.file_name)
            try:
                await run.write(drafts, Parties(actor, place.currency))
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

    def __init__(self, actor: Actor, intake: Intake, spool: Spool, how: How, report: Callable[[float], None]) -> None:
        self.actor = actor
        self.intake = intake
        self.spool = spool
        self.how = how
        self.report = report
        self.loaded = Loaded(ignored=list(intake.ignored))
        self.batch_id = new_id()
        self.told = told_by(intake.paths)
        self._some_are_there = False

    async def check(self) -> None:
        """Find the orders that must not be written over, and tell about every line that cannot be taken.

        Raises:
            Invalid: there are such, and all lines were to be taken.
        """
        database = current().database
        self._some_are_there = await database.first(_ANY) is not None
        if self._some_are_there:
            for some in self.spool.numbers():
                heads = {number: head for head, number in some}
                for order in await orders_collection.find_in("number", heads):
                    reason = _TAKEN if self.how.mode is Mode.CREATE else "" if is_historical(order) else _NOT_OURS
                    if reason:
                        head = heads[order.number]
                        self.spool.refuse(head, self.spool.first_line(head), f"number: {reason}")
        await asyncio.to_thread(self._weigh)
        self.report(_CHECKING)
        lines, heads = self.spool.refused()
        if lines:
            await asyncio.to_thread(self._tell, lines, heads)

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

    async def write(self, drafts: Drafts, parties: Parties) -> None:
        """Write all orders: while one part is written, the next is prepared."""
        flowing = iter(drafts)
        ready = await self._prepared(flowing, drafts, parties)
        if self.how.dry_run:
            while ready:
                ready = await self._prepared(flowing, drafts, parties)
        elif ready or self.loaded.failed:
            await batches.batches.add(
                ImportBatch(
                    id=self.batch_id, noun="orders", file_name=self.how.file_name, actor_id=self.actor.id, actor_name=self.actor.name
                )
            )
            self.loaded.batch = self.batch_id
            if self.how.begun is not None:
                self.how.begun(self.batch_id)
            while ready:
                written = asyncio.create_task(self._written(ready))
                try:
                    ready = await self._prepared(flowing, drafts, parties)
                finally:
                    await written
            await self._finish()
        self.loaded.notes += parties.notes(dry_run=self.how.dry_run)
        if drafts.unnumbered:
            self.loaded.notes.append("The orders have no numbers in the file: importing it again would add them again.")

    async def _finish(self) -> None:
        found = self.loaded
        async with unit() as opened:
            counts = {"created": found.created, "updated": found.updated, "unchanged": found.unchanged, "failed": found.failed}
            await batches.batches.patch(self.batch_id, {**counts, "status": BatchStatus.DONE.value, "problems": found.problems})
            audit.record(opened, "orders.imported", self.batch_id, {"rows": found.imported, "batch": self.batch_id})
        await rollups.fold(rollups.OFTEN_WRITTEN)
        await keep_buyers()

    async def _prepared(self, flowing: Iterator[Draft], drafts: Drafts, parties: Parties) -> _Batch | None:
        """The next part; None at the end."""
        while some := await asyncio.to_thread(list, islice(flowing, _BATCH)):
            batch = _Batch()
            batch.products, batch.customers = await parties.find(some)
            there: dict[str, Order] = {}
            if self._some_are_there:
                numbers = [draft.number for draft in some if draft.number]
                there = {order.number: order for order in await orders_collection.find_in("number", numbers)}
            made = await asyncio.to_thread(lambda: [drafts.order(draft, parties) for draft in some])
            for draft, order in zip(some, made, strict=True):
                self._sort(batch, draft, order, there.get(draft.number))
            self.report(_CHECKING + (1 - _CHECKING) * min(drafts.lines / max(self.spool.lines, 1), 1.0))
            if batch.new:
                return batch
        return None

    def _sort(self, batch: _Batch, draft: Draft, order: NewOrder, before: Order | None) -> None:
        """New, changed, or as it was."""
        if before is None:
            self.loaded.created += 1
            batch.new.append(order)
            batch.touched.append(Touched("orders", order.row["id"], CREATED, 1, {}))
            self._show(draft, None, CREATED, {})
            return
        different = {
            name: [wire_value(getattr(before, name)), wire_value(value)]
            for name, value in order.row.items()
            if name in self.told and getattr(before, name) != value
        }
        if not different:
            self.loaded.unchanged += 1
            return
        check(self.actor, "orders:update")
        self.loaded.updated += 1
        kept = {name: getattr(before, name) for name in orders_collection.names}
        row = {**kept, **{name: order.row[name] for name in different}, "rev": before.rev + 1}
        batch.new.append(NewOrder(row, order.lines))
        batch.replaced.append(before)
        batch.touched.append(Touched("orders", before.id, UPDATED, before.rev + 1, former_of(before)))
        self._show(draft, before.id, UPDATED, different)

    def _show(self, draft: Draft, document_id: str | None, action: str, fields: Mapping[str, Any]) -> None:
        if self.how.dry_run and len(self.loaded.changes) < MAX_CHANGES:
            self.loaded.changes.append({"line": draft.line, "id": document_id, "action": action, "fields": dict(fields)})

    async def _written(self, batch: _Batch) -> None:
        zone = (await shop()).zone
        async with unit() as opened:
            await Parties.add(self.batch_id, batch.products, batch.customers)
            if batch.replaced:
                await remove_many(batch.replaced, zone)
            for order in batch.new:
                if not order.row["number"]:
                    order.row["number"] = f"M-{await next_number('orders')}"
            await place_many(batch.new, zone)
            if batch.replaced:
                await recount(opened, (order.customer_id for order in batch.replaced))
                await recount(opened, (order.row["customer_id"] for order in batch.new))
            await batches.note(self.batch_id, batch.touched)


def former_of(order: Order) -> dict[str, Any]:
    """All columns of an order, as JSON."""
    return {name: wire_value(getattr(order, name)) for name in orders_collection.names}


_DECODE = {UtcTime: parse_time, MoneyType: Decimal}


async def restore(before: Order, former: Mapping[str, Any]) -> None:
    """Put an order back as it was, in the caller's unit."""
    zone = (await shop()).zone
    row: dict[str, Any] = {}
    for column in orders_collection.table.columns:
        if column.key not in former:  # it was not kept yet when the import was made, and follows from the others
            continue
        decode = _DECODE.get(type(column.type))
        row[column.key] = decode(former[column.key]) if decode else former[column.key]
    row["rev"] = before.rev + 1
    lines = [(line["productId"], int(line["quantity"]), to_units(Decimal(line["unitPrice"]))) for line in row["lines"]]
    async with unit() as opened:
        await remove_many([before], zone)
        await place_many([NewOrder(row, lines)], zone)
        await recount(opened, (before.customer_id, row["customer_id"]))
