"""Saved views of lists: a query with the columns and the density that go with it, one's own or shared."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from sqlalchemy import Index, bindparam, or_, select
from sqlmodel import Field as Stored

from mewayz.backend.access import Actor, can, check, oneself, signed_in
from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT
from mewayz.backend.documents import Document
from mewayz.backend.errors import Conflict, Forbidden, NotFound
from mewayz.backend.grants import Scope
from mewayz.backend.payloads import Patch, Payload, parse
from mewayz.backend.unit import unit

MAX_VIEWS = 50
_MAX_COLUMNS = 50

Density = Literal["", "compact", "regular", "relaxed"]
"""Height of the rows; "" is what the person prefers everywhere."""
Columns = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=_MAX_COLUMNS)]
"""Keys of the columns that are shown, in their order; none means the usual ones."""


class View(Document, table=True):
    """One way to look at the list of a noun. The one without a name is how a person looks at the list when no view is chosen."""

    __tablename__ = "views"
    __table_args__ = (Index("views_owner", "owner_id", "noun", "name", unique=True), Index("views_noun", "noun", "shared"))

    owner_id: str = Stored(foreign_key="users.id", ondelete="CASCADE")
    noun: str
    name: str
    query: str = ""
    columns: list[str] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    density: str = ""
    shared: bool = False


class NewView(Payload):
    """What is sent to create a view."""

    noun: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    query: Annotated[str, Field(max_length=2_000)] = ""
    columns: Columns = Field(default_factory=list)
    density: Density = ""
    shared: bool = False


class ViewChange(Patch):
    """What may change about a view."""

    name: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    query: Annotated[str, Field(max_length=2_000)] | None = None
    columns: Columns | None = None
    density: Density | None = None
    shared: bool | None = None


class Layout(Payload):
    """How a person looks at a list: columns and density."""

    noun: Annotated[str, Field(max_length=40)]
    columns: Columns = Field(default_factory=list)
    density: Density = ""


class NameTaken(Conflict):
    """The person has a view of this name already."""

    code = "views.duplicate"
    default_message = "You have a view of this name already. Choose another name."


class TooManyViews(Conflict):
    """The person has as many views of this list as can be kept."""

    code = "views.too_many"
    default_message = f"You have {MAX_VIEWS} views of this list already. Delete one first."


_views = Collection(View, "views", audited=False)
_table = _views.table
_SEEN = (
    select(*_table.columns)
    .where(
        _table.c.noun == bindparam("noun"),
        or_(_table.c.owner_id == bindparam("person"), _table.c.shared == bindparam("shared")),
        or_(_table.c.name != "", _table.c.owner_id == bindparam("person")),
    )
    .order_by(_table.c.name, _table.c.id)
)


class Views:
    """Saved views. Whoever may read a noun keeps views of its list; whoever may change it shares them with those who read all of it."""

    noun: ClassVar[str] = "views"

    @signed_in
    async def all(self, actor: Actor, noun: str) -> list[View]:
        """One's own views of a list, and those that are shared, by name."""
        return (await self.desk(actor, noun))[1]

    @signed_in
    async def desk(self, actor: Actor, noun: str) -> tuple[View | None, list[View]]:
        """How a person looks at the plain list, where they have chosen that, and the views that they see."""
        scope = check(actor, f"{noun}:read")
        rows = await _views.database.fetch(_SEEN, {"noun": noun, "person": actor.id, "shared": True})
        # What is shared names and searches records of everybody; who sees only their own is told of none of them.
        found = [view for view in map(_views.build, rows) if scope is Scope.ANY or view.owner_id == actor.id]
        return next((view for view in found if not view.name), None), [view for view in found if view.name]

    @oneself
    async def create(self, actor: Actor, data: Mapping[str, Any]) -> View:
        """Keep a view.

        Raises:
            Invalid: with a message per field. NameTaken, TooManyViews.
        """
        payload = parse(NewView, data)
        check(actor, f"{payload.noun}:read")
        if payload.shared:
            _may_share(actor, payload.noun)
        async with unit():
            own = [view for view in await self.all(actor, payload.noun) if view.owner_id == actor.id]
            if len(own) >= MAX_VIEWS:
                raise TooManyViews
            _refuse_taken(own, payload.name)
            return await _views.add(View(owner_id=actor.id, **payload.model_dump()))

    @oneself
    async def change(self, actor: Actor, view_id: str, data: Mapping[str, Any]) -> View:
        """Change one's own view.

        Raises:
            NotFound: there is none of this id, or it is somebody else's. Invalid, NameTaken.
        """
        payload = parse(ViewChange, data)
        async with unit():
            view = await self._own(actor, view_id)
            changes = payload.changes()
            if changes.get("shared") and not view.shared:
                _may_share(actor, view.noun)
            own = [one for one in await self.all(actor, view.noun) if one.owner_id == actor.id and one.id != view.id]
            _refuse_taken(own, changes.get("name", view.name))
            return (await _views.patch(view_id, changes))[1]

    @oneself
    async def delete(self, actor: Actor, view_id: str) -> View:
        """Delete one's own view.

        Raises:
            NotFound.
        """
        async with unit():
            await self._own(actor, view_id)
            return await _views.remove(view_id)

    @oneself
    async def keep_layout(self, actor: Actor, data: Mapping[str, Any]) -> None:
        """Remember columns and density of one's own plain list.

        Raises:
            Invalid: with a message per field.
        """
        payload = parse(Layout, data)
        check(actor, f"{payload.noun}:read")
        async with unit():
            found = await _views.find(owner_id=actor.id, noun=payload.noun, name="")
            if found is None:
                await _views.add(View(owner_id=actor.id, name="", **payload.model_dump()))
            else:
                await _views.patch(found.id, {"columns": payload.columns, "density": payload.density})

    async def _own(self, actor: Actor, view_id: str) -> View:
        view = await _views.get(view_id, {"owner_id": actor.id})
        if not view.name:
            raise NotFound
        check(actor, f"{view.noun}:read")
        return view


def _may_share(actor: Actor, noun: str) -> None:
    if not can(actor, f"{noun}:update"):
        raise Forbidden("Views are shared by those who may change the list. Keep it for yourself.")


def _refuse_taken(own: Sequence[View], name: str) -> None:
    if any(view.name.casefold() == name.casefold() for view in own):
        raise NameTaken(fields={"name": NameTaken.default_message})


views = Views()
