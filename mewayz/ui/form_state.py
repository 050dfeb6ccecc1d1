"""The state behind create and edit pages: fills the fields, calls the service, puts its refusals beside the fields."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import reflex as rx

from mewayz.backend.crud import CrudService
from mewayz.backend.documents import wire
from mewayz.backend.errors import Invalid
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import locale

Kind = Literal[
    "text", "email", "tel", "url", "password", "date", "moment", "number", "money", "select", "suggest", "textarea", "tags", "checkbox"
]
_MAX_TEXT = 20_000


@dataclass(frozen=True)
class Field:
    """One control of a form, by the name of the payload's field.

    Attributes:
        name: camelCase; a dot reaches into a nested object (`address.city`).
        label: above the control.
        kind: how it is entered.
        help: below it, what to enter and why.
        options: (value, label) of a select; of `suggest`, which takes any text, what is offered while typing.
        required: marked, and what is blank is refused by the service.
        half: shares its line with the next half.
        autocomplete: the browser's hint.
    """

    name: str
    label: str
    kind: Kind = "text"
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False
    half: bool = False
    autocomplete: str = ""

    @property
    def id(self) -> str:
        """The id of the control."""
        return f"field_{self.name.replace('.', '_')}"


class FormState(Guarded, mixin=True):
    """A form over the verbs of a service. A room subclasses it flat.

    Example:
        class ProductForm(FormState, rx.State):
            service: ClassVar = products
            path: ClassVar = "/products"
            fields: ClassVar = FIELDS
    """

    service: ClassVar[CrudService[Any]]
    path: ClassVar[str]
    fields: ClassVar[Sequence[Field]]
    named_by: ClassVar[str] = "name"

    loaded: bool = False
    saving: bool = False
    visit: int = 0
    record_id: str = ""
    record_name: str = ""
    typed_name: str = ""
    symbol: str = ""
    values: dict[str, Any] = {}  # noqa: RUF012 (Reflex copies defaults per client)
    occurring: list[str] = []  # noqa: RUF012
    _rev: int = 0

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
        self.loaded = False
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

    @on(":delete")
    async def type_name(self, text: str) -> None:
        """What has been typed to confirm the deletion."""
        self.typed_name = text[:200]

    @on(":delete")
    async def remove(self) -> AsyncIterator[Any]:
        """Delete the record and go back to the list."""
        if self.typed_name.strip() == self.record_name.strip():
            async for event in self._run(self._remove()):
                yield event

    # What a room may override ---------------------------------------------------------------------------------------

    def _blank(self) -> dict[str, Any]:
        """The values of an empty form."""
        return {}

    def _read(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """The form's texts as the service's fields."""
        found: dict[str, Any] = {}
        for item in self.fields:
            value = _entered(item, form.get(item.name))
            *parents, last = item.name.split(".")
            target = found
            for parent in parents:
                target = target.setdefault(parent, {})
            target[last] = value
        return found

    def _show(self, item: Field, value: Any) -> Any:
        """A stored value as the text of its control."""
        if item.kind == "checkbox":
            return bool(value)
        if item.kind == "tags":
            return ", ".join(map(str, value or ()))
        return "" if value is None else str(value)

    # The way of a submit ----------------------------------------------------------------------------------------------

    async def _add(self, form: Mapping[str, Any]) -> Any:
        record = await self.service.create(actor(), self._read(form))
        await say(self, f"{self.service.singular.capitalize()} created.")
        return rx.redirect(f"{self.path}/{record.id}")

    async def _save(self, form: Mapping[str, Any]) -> Any:
        record = await self.service.update(actor(), self.record_id, self._read(form), self._rev)
        await say(self, "Changes saved.")
        return rx.redirect(f"{self.path}/{record.id}")

    async def _remove(self) -> Any:
        await self.service.delete(actor(), self.record_id)
        await say(self, f"{self.service.singular.capitalize()} “{self.record_name}” deleted.")
        return rx.redirect(self.path)

    async def _run(self, work: Awaitable[Any]) -> AsyncIterator[Any]:
        """Show progress, do the work, then follow its event or put the focus on the first error."""
        clear(self)
        self.saving = True
        yield
        event = None
        async with guarded(self):
            event = await work
        self.saving = False
        self._name_mistakes()
        first = next((item for item in self.fields if item.name in self.field_errors), None)
        yield event or (rx.set_focus(first.id) if first else None)

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
        words = await locale()
        self.symbol = words.symbol
        self.values = {item.name: self._show(item, _dig(record, item.name)) for item in self.fields}
        for item in self.fields:
            if item.kind == "moment" and (moment := _dig(record, item.name)):
                self.values[item.name] = words.entered(moment)
        self.visit += 1
        self.saving, self.loaded = False, True


def _dig(record: Mapping[str, Any], name: str) -> Any:
    found: Any = record
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _entered(item: Field, raw: Any) -> Any:
    if item.kind == "checkbox":
        return raw in (True, "on", "true")
    text = str(raw or "")[:_MAX_TEXT].strip()
    if item.kind == "tags":
        return [part for part in (piece.strip() for piece in text.split(",")) if part]
    return text
