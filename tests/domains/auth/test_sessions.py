"""Sessions: renewed by a token that changes at each use, over when they should be, and their owner's alone."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from mewayz.backend import clock
from mewayz.backend.access import ANONYMOUS, Actor
from mewayz.backend.errors import NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import tickets, tokens
from mewayz.domains.auth.devices import Visitor, device_name
from mewayz.domains.auth.errors import ChallengeExpired, RefreshedMeanwhile, SessionEnded
from mewayz.domains.auth.model import devices, sessions
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.sessions import GRACE, SignedIn, own_sessions
from tests.domains.auth.flows import HERE, begin, code_of, enrolled, events, letters, outcomes, second_step, sign_in, subjects, who
from tests.domains.people import ORIGIN, PASSWORD, add_person, data_of, refused, signed_in, visit

LATE = GRACE + timedelta(seconds=1)


async def on_socket(session: SignedIn) -> Actor:
    """Who fires an event of a tab whose socket was opened when the session began: only the session counts."""
    return await auth.identify(f"{tokens.SESSION}={session.token}", "", session.session.created_at)


# Renewing ---------------------------------------------------------------------------------------------------------------


async def test_each_use_changes_the_refresh_token(runtime: Runtime) -> None:
    first = await sign_in((await add_person()).email)
    second = await own_sessions.refresh(first.refresh)
    third = await own_sessions.refresh(second.refresh)
    assert len({first.refresh, second.refresh, third.refresh}) == 3
    assert {session.session.id for session in (first, second, third)} == {first.session.id}
    for session in (first, second, third):
        assert (await who(session)).session_id == first.session.id
    [kept] = await sessions.find_all(user_id=first.user.id)
    assert third.refresh.partition(".")[2] not in repr(kept)


async def test_of_fifty_uses_at_once_one_wins_and_nobody_is_signed_out(runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email)
    won, lost = await outcomes([own_sessions.refresh(session.refresh) for _ in range(50)])
    assert len(won) == 1
    assert {type(error) for error in lost} == {RefreshedMeanwhile}
    assert (await who(session)).signed_in
    assert (await who(await own_sessions.refresh(won[0].refresh))).signed_in
    assert await events(runtime, "auth.refresh_reused") == []


async def test_twenty_tabs_of_one_browser(runtime: Runtime) -> None:
    person = await add_person()
    async with signed_in(person.email) as client:
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        answers = await asyncio.gather(*(client.post("/auth/refresh", json={}, headers=cookie) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        for answer in answers:
            if answer.status_code == 409:
                refused(answer, 409, "auth.refreshed_meanwhile")
                assert "set-cookie" not in answer.headers
        assert data_of(await client.get("/auth/me"))["user"]["id"] == person.id
        data_of(await client.post("/auth/refresh", json={}))


async def test_a_tab_that_comes_late_is_no_thief_however_often_others_renewed(runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email)
    newest = session
    for _ in range(3):
        newest = await own_sessions.refresh(newest.refresh)
        with pytest.raises(RefreshedMeanwhile):
            await own_sessions.refresh(session.refresh)
    assert (await who(newest)).signed_in
    # What was changed long ago does not come back by being followed by something new.
    with clock.frozen(clock.now() + LATE):
        newest = await own_sessions.refresh(newest.refresh)
        with pytest.raises(SessionEnded):
            await own_sessions.refresh(session.refresh)
        assert await who(newest) == ANONYMOUS


async def test_a_token_used_again_ends_the_session(runtime: Runtime) -> None:
    person = await add_person()
    other = await sign_in(person.email)
    stolen = await sign_in(person.email)
    thief = await own_sessions.refresh(stolen.refresh)
    with clock.frozen(clock.now() + LATE):
        won, lost = await outcomes([own_sessions.refresh(stolen.refresh) for _ in range(10)])
        assert won == []
        assert {type(error) for error in lost} == {SessionEnded}
        assert await who(thief) == await who(stolen) == ANONYMOUS
        with pytest.raises(SessionEnded):
            await own_sessions.refresh(thief.refresh)
        assert (await who(other)).id == person.id
    assert await events(runtime, "auth.refresh_reused") == [("auth.refresh_reused", person.id, person.id, "critical")]
    assert len(await letters(runtime, person.email, "We signed you out")) == 1


async def test_what_was_never_a_refresh_token_harms_nobody(runtime: Runtime) -> None:
    """Ids of sessions can be guessed from one another, so a guess at the secret must not end a session as a theft does."""
    session = await sign_in((await add_person()).email)
    other = await sign_in((await add_person(Role.USER)).email)
    sid, _, secret = session.refresh.partition(".")
    guesses = [f"{sid}.{'x' * len(secret)}", f"{sid}.{other.refresh.partition('.')[2]}", f"{sid}.", sid, f"{sid}.{secret}x", f"{sid}.é"]
    for token in (*guesses, "", ".", "x", session.token, f"{'f' * 24}.{secret}", "a\0.b", "é.é", "x" * 5000):
        with pytest.raises(SessionEnded):
            await own_sessions.refresh(token)
    assert (await who(session)).signed_in
    assert (await who(other)).signed_in
    assert (await who(await own_sessions.refresh(session.refresh))).signed_in


async def test_renewing_needs_the_right_to_be_here(runtime: Runtime) -> None:
    person = await add_person(Role.USER)
    session = await sign_in(person.email)
    await own_sessions.sign_out(await who(session))
    with pytest.raises(SessionEnded):
        await own_sessions.refresh(session.refresh)


async def test_signing_out_after_the_access_token_has_expired(runtime: Runtime) -> None:
    session, other = await sign_in((await add_person()).email), await sign_in((await add_person(Role.USER)).email)
    for wrong in (f"{session.session.id}.x", "", ".", "x", "a\0.b"):
        await own_sessions.sign_out(ANONYMOUS, wrong)
    assert (await who(session)).signed_in
    await own_sessions.sign_out(ANONYMOUS, session.refresh)
    assert await who(session) == ANONYMOUS
    assert (await who(other)).signed_in


# Expiry -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("remember", "lasts"), [(False, timedelta(hours=12)), (True, timedelta(days=7))])
async def test_a_session_that_nobody_renews_expires(runtime: Runtime, remember: bool, lasts: timedelta) -> None:
    session = await sign_in((await add_person()).email, remember_me=remember)
    start = session.session.created_at
    with clock.frozen(start + lasts - timedelta(seconds=1)):
        renewed = await own_sessions.refresh(session.refresh)
    with clock.frozen(start + lasts + timedelta(minutes=1)):
        assert (await on_socket(renewed)).signed_in  # each renewal begins anew
    with clock.frozen(start + 2 * lasts):
        assert await on_socket(renewed) == ANONYMOUS
        with pytest.raises(SessionEnded):
            await own_sessions.refresh(renewed.refresh)
    assert await events(runtime, "auth.refresh_reused") == []


async def test_no_session_outlives_thirty_days(runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email, remember_me=True)
    start = session.session.created_at
    newest = session
    for day in (6, 12, 18, 24, 29.99):
        with clock.frozen(start + timedelta(days=day)):
            newest = await own_sessions.refresh(newest.refresh)
            assert (await who(newest)).signed_in
    with clock.frozen(start + timedelta(days=30)):
        assert await who(newest) == await on_socket(newest) == ANONYMOUS
        with pytest.raises(SessionEnded):
            await own_sessions.refresh(newest.refresh)


async def test_rest_tells_the_browser_to_forget_a_session_that_is_over(runtime: Runtime) -> None:
    async with signed_in((await add_person()).email) as client:
        with clock.frozen(clock.now() + timedelta(hours=13)):
            answer = await client.post("/auth/refresh", json={})
        refused(answer, 401, "auth.session_ended")
        assert {line.partition("=")[0]: "Max-Age=0" in line for line in answer.headers.get_list("set-cookie")} == {
            "mewayz_session": True,
            "mewayz_refresh": True,
        }
        assert "mewayz_refresh" not in client.cookies


async def test_a_refresh_cookie_from_elsewhere_is_worth_nothing(runtime: Runtime) -> None:
    async with signed_in((await add_person()).email) as client:
        for origin in ("http://evil.example", "null"):
            refused(await client.post("/auth/refresh", json={}, headers={"Origin": origin}), 403, "csrf")
        data_of(await client.post("/auth/refresh", json={}))
    async with visit(Origin=ORIGIN) as client:
        refused(await client.post("/auth/refresh", json={}), 401, "auth.session_ended")


# The owner's list -------------------------------------------------------------------------------------------------------


async def test_the_list_tells_device_place_and_use(runtime: Runtime) -> None:
    person = await add_person()
    await sign_in(person.email, visitor=Visitor("2001:db8::7", "curl/8.5.0"))
    session = await sign_in(person.email)
    found = await own_sessions.list(await who(session))
    assert [(one["device"], one["address"], one["current"]) for one in found] == [
        ("Firefox on Linux", "192.0.2.7", True),
        ("curl", "2001:db8::7", False),
    ]
    assert found[0]["method"] == "password"
    assert {"id", "createdAt", "lastUsedAt"} <= set(found[0])
    assert session.refresh.partition(".")[2] not in repr(found)
    with clock.frozen(session.session.created_at + timedelta(minutes=50)):
        actor = await who(session)
        await asyncio.gather(*(who(session) for _ in range(5)))
        await letters(runtime, person.email)  # waits for what runs beside
        [mine, _] = await own_sessions.list(actor)
        assert mine["lastUsedAt"] > mine["createdAt"]


async def test_sessions_that_are_over_are_not_listed(runtime: Runtime) -> None:
    person = await add_person()
    await sign_in(person.email)
    kept = await sign_in(person.email, remember_me=True)
    with clock.frozen(clock.now() + timedelta(hours=13)):
        assert [one["id"] for one in await own_sessions.list(await on_socket(kept))] == [kept.session.id]


async def test_ending_one_and_all_others(runtime: Runtime) -> None:
    person = await add_person()
    one, two, three, mine = [await sign_in(person.email) for _ in range(4)]
    actor = await who(mine)
    await own_sessions.end(actor, one.session.id)
    assert await who(one) == ANONYMOUS
    with pytest.raises(NotFound):
        await own_sessions.end(actor, one.session.id)
    assert await own_sessions.end_others(actor) == 2
    assert await who(two) == await who(three) == ANONYMOUS
    assert (await who(mine)).id == person.id
    assert [event for event, *_ in await events(runtime)][-2:] == ["auth.session_ended", "auth.other_sessions_ended"]


async def test_other_peoples_sessions_do_not_exist(runtime: Runtime) -> None:
    admin, user = await add_person(), await add_person(Role.USER)
    theirs, mine = await sign_in(user.email), await sign_in(admin.email)
    actor = await who(mine)
    assert [one["id"] for one in await own_sessions.list(actor)] == [mine.session.id]
    for wanted in (theirs.session.id, "", "x", "f" * 24, f"{mine.session.id}0", mine.session.id[:-1], "\0" * 24, "é", "' OR 1=1 --"):
        with pytest.raises(NotFound):
            await own_sessions.end(actor, wanted)
    await own_sessions.end_others(actor)
    assert (await who(theirs)).id == user.id
    assert (await who(mine)).id == admin.id


async def test_the_list_over_rest(runtime: Runtime) -> None:
    person = await add_person()
    other = await sign_in(person.email)
    async with signed_in(person.email) as client:
        listed = data_of(await client.get("/auth/sessions"))["sessions"]
        assert {one["id"]: one["current"] for one in listed}[other.session.id] is False
        refused(await client.delete("/auth/sessions/%00"), 404, "not_found")
        refused(await client.delete(f"/auth/sessions/{'f' * 24}"), 404, "not_found")
        assert data_of(await client.delete(f"/auth/sessions/{other.session.id}")) == {}
        assert await who(other) == ANONYMOUS
        await sign_in(person.email)
        assert data_of(await client.delete("/auth/sessions")) == {"ended": 1}
        me = data_of(await client.get("/auth/me"))["session"]
        [left] = data_of(await client.get("/auth/sessions"))["sessions"]
        assert (left["id"], left["current"]) == (me["id"], True)
        assert set(me) == {"id", "method", "provenUntil", "restricted", "viewingAs"}
        assert (me["method"], me["restricted"], me["viewingAs"]) == ("password", False, None)


async def test_one_person_has_a_hundred_sessions_at_most(runtime: Runtime) -> None:
    person = await add_person()
    first, second = await sign_in(person.email), await sign_in(person.email)
    now = clock.now()
    await own_sessions.refresh(first.refresh)
    more = [first.session.model_copy(update={"id": f"{number:024x}", "last_used_at": now + timedelta(seconds=5)}) for number in range(98)]
    await sessions.add_many(more)
    with clock.frozen(now + timedelta(minutes=1)):
        newest = await sign_in(person.email)
    kept = {one.id for one in await sessions.find_all(user_id=person.id)}
    assert len(kept) == 100
    assert newest.session.id in kept
    assert second.session.id not in kept  # the one that was longest without use


async def test_ending_the_others_ends_what_they_have_begun(runtime: Runtime) -> None:
    person = await add_person()
    session = await sign_in(person.email)
    authenticator, _ = await enrolled(await who(session))
    challenge = (await begin(person.email)).challenge
    await own_sessions.end_others(await who(session))
    with pytest.raises(ChallengeExpired):
        await second_step(challenge, code_of(authenticator, 1))
    assert await tickets.look(tickets.LOGIN, challenge) is None


# Devices ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
            "Mobile/15E148 Safari/604.1",
            "Mobile Safari on iOS",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
            "Chrome on Mac OS X",
        ),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("", "Unknown device"),
        ("?" * 300, "?" * 40),
    ],
)
def test_the_name_of_a_device(agent: str, name: str) -> None:
    assert device_name(agent) == name


async def test_a_further_device_is_told_and_a_known_one_is_not(runtime: Runtime) -> None:
    person = await add_person()
    first = await sign_in(person.email)
    again = await sign_in(person.email, visitor=Visitor(HERE.address, HERE.agent, first.device))
    assert again.device == first.device
    assert await subjects(runtime, person.email) == []
    new = await sign_in(person.email, visitor=Visitor("203.0.113.9", "curl/8.5.0"))
    assert new.device != first.device
    [letter] = await letters(runtime, person.email, "New sign-in")
    body = letter.get_body(("plain",))
    assert body is not None
    for words in ("curl", "203.0.113.9"):
        assert words in body.get_content()
    assert await events(runtime, "auth.new_device") == [("auth.new_device", person.id, person.id, "medium")]


async def test_a_device_is_known_to_each_person_by_itself_and_chooses_no_name(runtime: Runtime) -> None:
    admin, user = await add_person(), await add_person(Role.USER)
    device = (await sign_in(admin.email)).device
    shared = await sign_in(user.email, visitor=Visitor(HERE.address, HERE.agent, device))
    assert shared.device == device
    assert len(await devices.find_all(user_id=user.id)) == 1
    for guessable in ("1", "x" * 42, "x" * 44, "é" * 43, "x" * 5000):
        assert (await sign_in(user.email, visitor=Visitor(HERE.address, HERE.agent, guessable))).device != guessable


async def test_rest_keeps_the_device_over_signing_out(runtime: Runtime) -> None:
    person = await add_person()
    async with signed_in(person.email) as client:
        device = _cookie(client, "mewayz_device")
        await client.post("/auth/logout")
        assert _cookie(client, "mewayz_device") == device
        data_of(await client.post("/auth/login", json={"email": person.email, "password": PASSWORD}))
        assert _cookie(client, "mewayz_device") == device
    assert len(await devices.find_all(user_id=person.id)) == 1


def _cookie(client: httpx.AsyncClient, name: str) -> str:
    return str(client.cookies.get(name))
