"""All that is wrong with what somebody has entered, told at once: nobody should mend one field to hear of the next."""

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from mewayz.backend.amounts import check_payable
from mewayz.backend.collection import Collection
from mewayz.backend.documents import Document
from mewayz.backend.errors import Invalid
from mewayz.backend.payloads import Patch, Payload, parse
from mewayz.backend.shop import shop

if TYPE_CHECKING:
    from mewayz.backend.records import RecordService

# The hooks of a room are called here as in its verbs; they are private to keep them from pages and REST.
# pyright: reportPrivateUsage=false

T = TypeVar("T")


class Told:
    """What several checks have refused. The first refusal gives the code and the message, the first message of a field stands."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.fields: dict[str, str] = {}
        self._first: Invalid | None = None

    @contextmanager
    def also(self) -> Generator[None]:
        """One more check; what it says of no field in particular is raised at once."""
        try:
            yield
        except Invalid as error:
            if not error.fields:
                raise
            self._first = self._first or error
            self.add(error.fields)

    def add(self, fields: Mapping[str, str]) -> None:
        """Messages by field, where nothing is said of it yet."""
        self.fields = {**fields, **self.fields}

    def refuse(self) -> None:
        """Raise what was told.

        Raises:
            Invalid: there is something; `fields` has all of it.
        """
        if self._first is not None:
            self._first.fields = self.fields
            raise self._first


async def checked(
    service: "RecordService[Any]",
    actor: Any,
    kind: type[Payload],
    data: Mapping[str, Any],
    before: Document | None,
    make: Callable[[Any], Awaitable[T]],
) -> T:
    """What `make` makes of a payload of `kind`, after everything that can be said against `data`.

    Raises:
        Invalid: with a message per field, for all of them.
    """
    told = Told()
    made: T | None = None
    rest: Payload | None
    try:
        rest = parse(kind, data)
    except Invalid as error:
        with told.also():
            raise
        rest = _readable(service.update_payload, data, error.fields)
    if rest is not None:
        with told.also():
            await service._entered(before, rest)
        with told.also():
            await _check_amounts(service, before, rest)
    if rest is not None and not told.fields:
        with told.also():
            made = await make(rest)
    if told.fields and rest is not None:
        with told.also():
            await service._refusals(actor, before, rest)
        told.add(await _taken(service.collection, before, rest))
    told.refuse()
    return made  # pyright: ignore[reportReturnType] (nothing was refused, so it was made)


def _readable(kind: type[Patch], data: Mapping[str, Any], wrong: Mapping[str, str]) -> Patch | None:
    """What can be read of a payload without the fields that are wrong."""
    names = {field.alias or name for name, field in kind.model_fields.items()}
    bad = {name.partition(".")[0] for name in wrong}
    try:
        return parse(kind, {name: value for name, value in data.items() if name in names - bad})
    except Invalid:
        return None


async def _check_amounts(service: "RecordService[Any]", before: Document | None, payload: Payload) -> None:
    """Make sure that the amounts that are new can be paid."""
    sent = {name: getattr(payload, name, None) for name in service.amounts}
    differing = {name: value for name, value in sent.items() if value is not None and value != getattr(before, name, None)}
    if differing:
        currency = getattr(before, "currency", None) or getattr(payload, "currency", None) or (await shop()).currency
        check_payable(differing, currency)


async def _taken(collection: Collection[Any], before: Document | None, payload: Payload) -> dict[str, str]:
    """The fields whose values another record has and no two may share."""
    found: dict[str, str] = {}
    sent = payload.changes()
    for name in collection.unique:
        if (value := sent.get(name)) is not None:
            other = await collection.find(**{name: value})
            if other is not None and (before is None or other.id != before.id):
                found |= collection.taken(name)
    return found
