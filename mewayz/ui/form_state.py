"""The state behind create and edit pages: fills the fields, calls the service, puts its refusals beside the fields."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any, ClassVar

import reflex as rx

from mewayz.backend.crud import CrudService
from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict, Invalid
from mewayz.ui.events import actor, on
from mewayz.ui.form_clash import FieldClash, merged, normal
from mewayz.ui.form_field import Field, dig, from_control
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import Locale, locale


class FormState(Guarded, mixin=True):
    """A form over the verbs of a service. A room subclasses it flat.

    Example:
        class ProductForm(FormState, rx.State):
            service: ClassVar = products
            path: ClassVar = "/products"
            fields: ClassVar = FIELDS

    Attributes:
        wholes: parts of the record that have no single control, by what they are called: when two people change one, one of them counts.
        refusals: how often what was entered was not saved; it is unsaved still.
        clashes: what somebody else has changed otherwise since the form was opened.
    """

    service: ClassVar[CrudService[Any]]
    path: ClassVar[str]
    fields: ClassVar[Sequence[Field]]
    named_by: ClassVar[str] = "name"
    wholes: ClassVar[Mapping[str, Sequence[str]]] = {}

    loaded: bool = False
    saving: bool = False
    visit: int = 0
    record_id: str = ""
    record_name: str = ""
    typed_name: str = ""
    signs: tuple[str, str] = ("", "")
    values: dict[str, Any] = {}  # noqa: RUF012 (Reflex copies defaults per client)
    occurring: list[str] = []  # noqa: RUF012
    refusals: int = 0
    clashes: list[FieldClash] = []  # noqa: RUF012
    _rev: int = 0
    _base: dict[str, Any] = {}  # noqa: RUF012 (the wholes of the record as it was opened)
    _sent: dict[str, Any] = {}  # noqa: RUF012 (what clashed)

    @classmethod
    def _noun(cls) -> str:
        """The noun of `":create"` policies."""
        return cls.service.noun

    @on(":create")
    async def start(self) -> None:
        """Show an empty form."""
        clear(self)
        self.record_id = ""
        await self._fill(self._blank())

    @on(":update")
    async def open_record(self) -> None:
        """Fill the form with the record that the address names."""
        self.loaded, self.record_name = False, ""
        async with guarded(self):
            record = await self.service.get(actor(), self._asked())
            await self._fill(wire(record))

    @on(":create")
    async def add(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create the record and show it."""
        async for event in self._run(self._add(form)):
            yield event

    @on(":update")
    async def save(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Save the changes and show the record."""
        async for event in self._run(self._save(form)):
            yield event

    @on(":update")
    async def use_mine(self) -> AsyncIterator[Any]:
        """Save what was entered, also where somebody else has changed the same."""
        async for event in self._settle(keep_theirs=False):
            yield event

    @on(":update")
    async def keep_theirs(self) -> AsyncIterator[Any]:
        """Save what was entered, except where somebody else has changed the same."""
        async for event in self._settle(keep_theirs=True):
            yield event

    @on(":update")
    async def go_on(self) -> None:
        """Save nothing yet: what was entered stays in the form."""
        self.clashes = []

    @on(":delete")
    async def type_name(self, text: str) -> None:
        """What has been typed to confirm the deletion."""
        self.typed_name = text[:200]

    @on(":delete")
    async def remove(self) -> AsyncIterator[Any]:
        """Delete the record and go back to the list."""
        if self.typed_name.strip() == self.record_name.strip():
            async for event in self._run(self._remove(), entered=False):
                yield event

    # What a room may override ---------------------------------------------------------------------------------------

    def _blank(self) -> dict[str, Any]:
        """The values of an empty form."""
        return {}

    def _read(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """The form's texts as the service's fields."""
        found: dict[str, Any] = {}
        for item in self.fields:
            value = from_control(item, form.get(item.name))
            *parents, last = item.name.split(".")
            target = found
            for parent in parents:
                target = target.setdefault(parent, {})
            target[last] = value
        return found

    def _show(self, item: Field, value: Any, words: Locale) -> Any:
        """A stored value as the text of its control."""
        if item.kind == "checkbox":
            return bool(value)
        if item.kind == "money" and value is not None:
            return words.typed(value)
        if item.kind == "tags":
            return ", ".join(map(str, value or ()))
        return "" if value is None else str(value)

    def _whole(self, name: str, value: Any) -> Any:
        """A part of the record or of a payload, without what the form does not change."""
        return value

    def _whole_words(self, source: Mapping[str, Any], words: Locale) -> str:
        """Such parts in words."""
        return ""

    # The way of a submit ----------------------------------------------------------------------------------------------

    async def _add(self, form: Mapping[str, Any]) -> Any:
        record = await self.service.create(actor(), self._read(form))
        await say(self, f"{self.service.singular.capitalize()} created.")
        return rx.redirect(f"{self.path}/{record.id}")

    async def _save(self, form: Mapping[str, Any], keep_theirs: bool | None = None) -> Any:
        """Save what was entered. What somebody else has changed meanwhile stays; where both have changed the same, one is to be chosen."""
        now, data = None, self._read(form)
        try:
            record = await self.service.update(actor(), self.record_id, data, self._rev)
        except Conflict as refused:
            if refused.code != f"{self.service.noun}.outdated":
                raise
            now = wire(await self.service.get(actor(), self.record_id))
            data, clashes = await self._merge(form, data, now, keep_theirs=bool(keep_theirs))
            if clashes and keep_theirs is None:
                self.clashes, self._sent = clashes, dict(form)
                return None
            record = await self.service.update(actor(), self.record_id, data, now["rev"])
        await say(self, "Changes saved." if now is None else "Changes saved, beside those that somebody else has made meanwhile.")
        return rx.redirect(f"{self.path}/{record.id}")

    async def _merge(
        self, form: Mapping[str, Any], data: Mapping[str, Any], now: Mapping[str, Any], *, keep_theirs: bool
    ) -> tuple[dict[str, Any], list[FieldClash]]:
        """What is to be saved over a record that somebody else has changed since it was opened, and where both have changed the same."""
        words = (await locale()).of(now.get("currency"))
        typed = {item.name: form[item.name] for item in self.fields if item.name in form}
        both, clashes = merged(self.fields, self.values, typed, self._texts(now, words), keep_theirs=keep_theirs)
        found = self._read({**form, **both})
        for label, names in self.wholes.items():
            was, theirs, mine = (
                [normal(self._whole(name, source.get(name))) for name in names] for source in (self._base, now, {**self._base, **data})
            )
            untouched = mine == was
            if not untouched and theirs not in (was, mine):
                clashes.append(FieldClash(label, self._whole_words(now, words), self._whole_words({**self._base, **data}, words)))
                untouched = keep_theirs
            for name in names if untouched else ():
                found.pop(name, None)
        return found, clashes

    async def _settle(self, *, keep_theirs: bool) -> AsyncIterator[Any]:
        form, self.clashes = self._sent, []
        async for event in self._run(self._save(form, keep_theirs)):
            yield event

    async def _remove(self) -> Any:
        await self.service.delete(actor(), self.record_id)
        await say(self, f"{self.service.singular.capitalize()} “{self.record_name}” deleted.")
        return rx.redirect(self.path)

    async def _run(self, work: Awaitable[Any], *, entered: bool = True) -> AsyncIterator[Any]:
        """Show progress, do the work, then follow its event or put the focus on the first error; `entered`: it was to save the form."""
        clear(self)
        self.saving = True
        yield
        event = None
        async with guarded(self):
            event = await work
        self.saving = False
        self.refusals += 1 if entered and event is None else 0
        self.field_errors = self._at_controls(self.field_errors)
        self._name_mistakes()
        first = next((item for item in self.fields if item.name in self.field_errors), None)
        yield event or (rx.set_focus(first.id) if first else None)

    def _at_controls(self, errors: Mapping[str, str]) -> dict[str, str]:
        """What is wrong, at the control where it was entered: `tags.2` is the third of a list in one control."""
        lists = {item.name for item in self.fields if item.kind == "tags"}
        found: dict[str, str] = {}
        for name, text in errors.items():
            head, _, index = name.rpartition(".")
            if head in lists and index.isdigit():
                name, text = head, f"Number {int(index) + 1}: {text}"
            found[name] = f"{found[name]} {text}" if name in found else text
        return found

    def _name_mistakes(self) -> None:
        """Say above the form which fields are wrong, and what is wrong where there is no control to say it at."""
        if self.error != Invalid.default_message:
            return
        labels = {item.name: item.label for item in self.fields}
        named = [label for name, label in labels.items() if name in self.field_errors]
        if len(named) > 1:
            self.error = f"{len(named)} fields need your attention: {', '.join(named)}."
        others = [text for name, text in self.field_errors.items() if name not in labels and not self._has_place(name)]
        self.error = " ".join([self.error, *others]) if named or not others else " ".join(others)

    def _has_place(self, name: str) -> bool:
        """Whether the form says elsewhere than at a field of its own what is wrong with this one."""
        return False

    def _asked(self) -> str:
        """The id in the address: its last part that is not a verb."""
        parts = [part for part in self.router.url.path.split("/") if part and part != "edit"]
        return parts[-1] if parts else ""

    async def _fill(self, record: Mapping[str, Any]) -> None:
        self.record_id, self._rev = record.get("id", ""), record.get("rev", 0)
        self.record_name = str(record.get(self.named_by, ""))
        self.typed_name = ""
        words = (await locale()).of(record.get("currency"))
        self.signs, self.values = words.signs, self._texts(record, words)
        self.clashes, self._sent = [], {}
        self._base = {name: record.get(name) for names in self.wholes.values() for name in names}
        self.visit += 1
        self.saving, self.loaded = False, True

    def _texts(self, record: Mapping[str, Any], words: Locale) -> dict[str, Any]:
        """What the controls start with."""
        found = {item.name: self._show(item, dig(record, item.name), words) for item in self.fields}
        moments = (item.name for item in self.fields if item.kind == "moment")
        return found | {name: words.entered(moment) for name in moments if (moment := dig(record, name))}
