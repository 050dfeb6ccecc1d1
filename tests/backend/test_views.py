"""Saved views: whose they are, who sees them, and who may share."""

from typing import Any

import pytest

from mewayz.backend.access import ANONYMOUS, Actor
from mewayz.backend.errors import Forbidden, Invalid, NotFound, Unauthenticated
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.views import MAX_VIEWS, NameTaken, TooManyViews, views
from mewayz.domains.users.service import users
from tests.domains.people import add_person

DRAFTS: dict[str, Any] = {"noun": "products", "name": "Drafts", "query": "status=draft&sort=name", "columns": ["name", "price"]}


@pytest.fixture
async def admin(runtime: Runtime) -> Actor:
    """An administrator."""
    return await add_person(Role.ADMIN)


async def seen(who: Actor, noun: str = "products") -> list[str]:
    return [view.name for view in await views.all(who, noun)]


async def test_a_view_is_ones_own_until_it_is_shared(admin: Actor) -> None:
    other = await add_person(Role.ENTERPRISE)
    made = await views.create(admin, {**DRAFTS, "density": "compact"})
    found = (await views.all(admin, "products"))[0]
    assert (found.query, found.columns, found.density, found.shared) == (DRAFTS["query"], ["name", "price"], "compact", False)
    assert await seen(other) == []
    await views.change(admin, made.id, {"shared": True, "name": "All drafts"})
    assert await seen(other) == ["All drafts"]
    assert await seen(other, "orders") == []
    for call in (views.change(other, made.id, {"name": "Mine"}), views.delete(other, made.id)):
        with pytest.raises(NotFound):
            await call
    await views.delete(admin, made.id)
    assert await seen(admin) == await seen(other) == []


async def test_views_are_shared_by_those_who_may_change_the_list(admin: Actor) -> None:
    user = await add_person(Role.USER)
    with pytest.raises(Forbidden):
        await views.create(user, {**DRAFTS, "shared": True})
    made = await views.create(user, DRAFTS)
    with pytest.raises(Forbidden):
        await views.change(user, made.id, {"shared": True})
    moderator = await add_person(Role.MODERATOR)
    await views.create(moderator, {**DRAFTS, "shared": True})
    assert await seen(user) == ["Drafts", "Drafts"]


async def test_who_sees_only_their_own_records_is_told_of_no_others_by_a_view(admin: Actor) -> None:
    user, moderator = await add_person(Role.USER), await add_person(Role.MODERATOR)
    for noun, query in (("users", "search=grace@example.com"), ("orders", "search=Hopper")):
        await views.create(admin, {"noun": noun, "name": "Grace Hopper", "query": query, "shared": True})
        await views.create(user, {"noun": noun, "name": "Mine"})
        assert await seen(user, noun) == ["Mine"]
        assert await seen(moderator, noun) == ["Grace Hopper"]


async def test_nobody_keeps_views_of_what_they_may_not_read(admin: Actor) -> None:
    user = await add_person(Role.USER)
    shared = await views.create(admin, {**DRAFTS, "noun": "customers", "query": "", "columns": [], "shared": True})
    for who, refusal in ((user, Forbidden), (ANONYMOUS, Unauthenticated)):
        for call in (
            views.all(who, "customers"),
            views.create(who, {**DRAFTS, "noun": "customers"}),
            views.desk(who, "customers"),
            views.keep_layout(who, {"noun": "customers"}),
        ):
            with pytest.raises(refusal):
                await call
    with pytest.raises(NotFound):
        await views.delete(user, shared.id)


async def test_names_are_ones_own(admin: Actor) -> None:
    made = await views.create(admin, DRAFTS)
    other = await views.create(admin, {**DRAFTS, "name": "Other"})
    with pytest.raises(NameTaken):
        await views.create(admin, {**DRAFTS, "name": "drafts"})
    with pytest.raises(NameTaken):
        await views.change(admin, other.id, {"name": "Drafts"})
    await views.change(admin, made.id, {"name": "DRAFTS"})
    await views.create(await add_person(Role.USER), DRAFTS)
    with pytest.raises(Invalid) as raised:
        await views.create(admin, {**DRAFTS, "name": " ", "density": "huge"})
    assert set(raised.value.fields) == {"name", "density"}


async def test_there_is_an_end_to_views(admin: Actor) -> None:
    for number in range(MAX_VIEWS):
        await views.create(admin, {**DRAFTS, "name": f"View {number}"})
    with pytest.raises(TooManyViews):
        await views.create(admin, DRAFTS)


async def test_the_layout_of_a_list_is_remembered_per_person_and_noun(admin: Actor) -> None:
    assert (await views.desk(admin, "products"))[0] is None
    await views.keep_layout(admin, {"noun": "products", "columns": ["name", "stock"], "density": "relaxed"})
    await views.keep_layout(admin, {"noun": "products", "columns": ["name"], "density": "relaxed"})
    kept = (await views.desk(admin, "products"))[0]
    assert kept is not None
    assert (kept.columns, kept.density) == (["name"], "relaxed")
    assert (await views.desk(admin, "orders"))[0] is None
    assert (await views.desk(await add_person(Role.USER), "products"))[0] is None
    assert await seen(admin) == [], "it is no view"


async def test_views_go_with_their_owner(admin: Actor) -> None:
    moderator = await add_person(Role.MODERATOR)
    await views.create(moderator, {**DRAFTS, "shared": True})
    await users.delete(admin, moderator.id)
    assert await seen(admin) == []
