"""Access tokens: one algorithm, keys with names, no claim left out; and secrets that change without anybody noticing."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from mewayz.backend import clock, keys
from mewayz.backend.access import ANONYMOUS
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import tokens
from mewayz.domains.auth.errors import WrongCode, WrongCredentials
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.sessions import SignedIn, own_sessions
from mewayz.domains.users.credentials import credentials
from tests.domains.auth.flows import begin, code_of, enrolled, second_step, sign_in, who
from tests.domains.people import PASSWORD, add_person
from tests.services import SECRET

NEW = "another-secret-of-this-installation-0123456789"


def forged(
    session: SignedIn, *, key: bytes | str | None = None, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any
) -> str:
    """A token that differs from a good one in what is named; a claim that is None is left out."""
    now = int(clock.now().timestamp())
    kid, own = keys.newest("access")
    good = {
        "iss": "mewayz",
        "aud": "mewayz",
        "sub": session.user.id,
        "sid": session.session.id,
        "typ": "access",
        "iat": now,
        "exp": now + 3600,
        "jti": "0" * 16,
    }
    content = {name: value for name, value in {**good, **claims}.items() if value is not None}
    return jwt.encode(content, own if key is None else key, algorithm=algorithm, headers={"kid": kid} if headers is None else headers)


Forgery = Callable[[SignedIn], str]
# Libraries warn of keys that are short for an algorithm which nobody may use here.
pytestmark = pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
FORGERIES: dict[str, Forgery] = {
    "without a signature": lambda one: forged(one, key="", algorithm="none"),
    "signature cut off": lambda one: forged(one).rpartition(".")[0] + ".",
    "another algorithm of the same family": lambda one: forged(one, key=keys.newest("access")[1] * 2, algorithm="HS512"),
    "the right key, another algorithm": lambda one: forged(one, algorithm="HS384"),
    "another key": lambda one: forged(one, key=b"k" * 32),
    "the key of another purpose": lambda one: forged(one, key=keys.newest("totp")[1]),
    "the secret itself": lambda one: forged(one, key=SECRET),
    "no key id": lambda one: forged(one, headers={}),
    "an unknown key id": lambda one: forged(one, headers={"kid": "00000000"}),
    "a path as key id": lambda one: forged(one, key="\0", headers={"kid": "../../dev/null"}),
    "a key of its own": lambda one: forged(one, key=b"k" * 32, headers={"kid": "x", "jwk": {"kty": "oct", "k": "a2tr"}}),
    "expired": lambda one: forged(one, exp=int(time.time()) - 1),
    "expires never": lambda one: forged(one, exp=1e400),
    "expires in text": lambda one: forged(one, exp="tomorrow"),
    "expires in a list": lambda one: forged(one, exp=[9e9]),
    "expires beyond time": lambda one: forged(one, exp=10**20),
    "of another type": lambda one: forged(one, typ="refresh"),
    "for another audience": lambda one: forged(one, aud="elsewhere"),
    "by another issuer": lambda one: forged(one, iss="elsewhere"),
    "of another user": lambda one: forged(one, sub="f" * 24),
    "of another session": lambda one: forged(one, sid="f" * 24),
    "of a session that is no text": lambda one: forged(one, sid=["a"]),
    **{f"without {claim}": (lambda one, claim=claim: forged(one, **{claim: None})) for claim in tokens._REQUIRED},
}


async def test_only_our_own_tokens_are_read(runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email)
    assert (await auth.identify("", f"Bearer {forged(session)}")).id == session.user.id
    for name, forgery in FORGERIES.items():
        token = forgery(session)
        assert await auth.identify("", f"Bearer {token}") == ANONYMOUS, name
        assert await auth.identify(f"{tokens.SESSION}={token}", "") == ANONYMOUS, name


async def test_a_token_says_who_until_when_and_under_which_key(sqlite_runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email)
    header = jwt.get_unverified_header(session.token)
    assert (header["alg"], header["kid"]) == ("HS256", keys.newest("access")[0])
    claims = jwt.decode(session.token, options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "sid", "typ", "iat", "exp", "jti"}
    assert claims["exp"] - claims["iat"] == 3600
    other = tokens.access_token(session.user.id, session.session.id)
    assert jwt.decode(other, options={"verify_signature": False})["jti"] != claims["jti"]


def change_secret(runtime: Runtime, *secrets: str) -> None:
    """The newest secret, and those before it."""
    newest, *previous = map(SecretStr, secrets)
    runtime.settings = runtime.settings.model_copy(update={"secret_key": newest, "secret_key_previous": tuple(previous)})


async def test_a_secret_is_changed_without_anybody_noticing(runtime: Runtime) -> None:
    admin, quiet = await add_person(), await add_person(Role.USER)
    session = await sign_in(admin.email)
    authenticator, codes = await enrolled(await who(session))
    change_secret(runtime, NEW, SECRET)
    assert (await who(session)).id == admin.id
    renewed = await own_sessions.refresh(session.refresh)
    assert (await who(renewed)).id == admin.id
    kid = keys.newest("access")[0]
    assert jwt.get_unverified_header(session.token)["kid"] != kid == jwt.get_unverified_header(renewed.token)["kid"]
    challenge = (await begin(admin.email)).challenge
    assert (await who(await second_step(challenge, code_of(authenticator, 1)))).id == admin.id
    challenge = (await begin(admin.email)).challenge
    assert (await who(await second_step(challenge, codes[0]))).id == admin.id
    # The password was right, so it is kept under the new key from now on.
    kept = await credentials.get(admin.id)
    assert kept.password_hash.split(":")[1] == kid

    change_secret(runtime, NEW)
    assert await who(session) == ANONYMOUS
    assert (await who(renewed)).id == admin.id
    challenge = (await begin(admin.email)).challenge
    with clock.frozen(clock.now()):
        for code in (code_of(authenticator), code_of(authenticator, 1), codes[1]):
            with pytest.raises(WrongCode):
                await second_step(challenge, code)
    with pytest.raises(WrongCredentials):
        await sign_in(quiet.email, PASSWORD)


async def test_many_sign_in_while_their_password_is_kept_anew(runtime: Runtime) -> None:
    admin = await add_person()
    change_secret(runtime, NEW, SECRET)
    for _ in range(2):
        await sign_in(admin.email)
    change_secret(runtime, NEW)
    assert (await who(await sign_in(admin.email))).id == admin.id


async def test_the_names_of_cookies_in_production(sqlite_runtime: Runtime) -> None:
    assert [tokens.cookie_name(name) for name in (tokens.SESSION, tokens.REFRESH, tokens.DEVICE)] == [
        "mewayz_session",
        "mewayz_refresh",
        "mewayz_device",
    ]
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"env": "production"})
    assert [tokens.cookie_name(name) for name in (tokens.SESSION, tokens.REFRESH, tokens.DEVICE)] == [
        "__Host-mewayz_session",
        "__Secure-mewayz_refresh",
        "__Secure-mewayz_device",
    ]
    token = (await sign_in((await add_person()).email)).token
    assert (await auth.identify(f"mewayz_session={token}", "")) == ANONYMOUS
    assert (await auth.identify(f"__Host-mewayz_session={token}", "")).signed_in
