"""What the tests of sign-in have in common: signing in, setting up a second factor, and reading the letters that were sent."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

from pyotp.totp import TOTP
from sqlalchemy import text

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import tokens
from mewayz.domains.auth.devices import Visitor
from mewayz.domains.auth.passkeys import Site
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.second_factor import second_factor
from mewayz.domains.auth.service import SecondFactorNeeded, auth
from mewayz.domains.auth.sessions import SignedIn
from tests.domains.people import ORIGIN, PASSWORD
from tests.smtp import MailServer

T = TypeVar("T")
HERE = Visitor("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")


async def sign_in(email: str, password: str = PASSWORD, visitor: Visitor = HERE, **values: Any) -> SignedIn:
    """A session of somebody who needs no second factor."""
    found = await auth.sign_in(LoginPayload(email=email, password=password, **values), visitor)
    assert isinstance(found, SignedIn)
    return found


async def begin(email: str, password: str = PASSWORD, visitor: Visitor = HERE) -> SecondFactorNeeded:
    """A sign-in that waits for its second factor."""
    found = await auth.sign_in(LoginPayload(email=email, password=password), visitor)
    assert isinstance(found, SecondFactorNeeded)
    return found


async def second_step(challenge: str, code: str, visitor: Visitor = HERE) -> SignedIn:
    """The session that a code completes."""
    found = await auth.second_step({"challenge": challenge, "code": code}, visitor, Site(ORIGIN))
    assert isinstance(found, SignedIn)
    return found


async def who(session: SignedIn) -> Actor:
    """Whom the access token of a session stands for, now."""
    return await auth.identify(f"{tokens.SESSION}={session.token}", "")


async def whom(email: str, **values: Any) -> Actor:
    """Somebody who has just signed in."""
    return await who(await sign_in(email, **values))


async def enrolled(actor: Actor) -> tuple[TOTP, list[str]]:
    """Set up an authenticator for somebody who is signed in: the authenticator, and the backup codes."""
    made = await second_factor.setup(actor)
    authenticator = TOTP(made["secret"])
    return authenticator, (await second_factor.enable(actor, {"code": code_of(authenticator)}))["backupCodes"]


def code_of(authenticator: TOTP, steps: int = 0, moment: datetime | None = None) -> str:
    """What an authenticator shows so many steps from now."""
    return authenticator.at((moment or clock.now()) + timedelta(seconds=30 * steps))


async def events(runtime: Runtime, name: str = "") -> list[tuple[str, str, str, str]]:
    """Event, target, actor and risk of the audit rows, of one event or of all."""
    rows = await runtime.database.fetch(text("SELECT event, target, actor_id, risk FROM audit_log ORDER BY seq"))
    return [cast(Any, tuple(row)) for row in rows if name in ("", row[0])]


async def settled(runtime: Runtime) -> None:
    """Wait for what runs beside the answers."""
    while runtime._tasks:
        await asyncio.wait(set(runtime._tasks))


async def letters(runtime: Runtime, to: str, subject_part: str = "") -> list[EmailMessage]:
    """The letters to an address with these words in their subject, the oldest first."""
    await settled(runtime)
    found: list[EmailMessage] = []
    for path in sorted((runtime.settings.data_dir / "mail").glob("*.eml")):
        letter = cast(EmailMessage, message_from_bytes(path.read_bytes(), policy=policy.default))
        if to == str(letter["To"]) and subject_part in str(letter["Subject"]):
            found.append(letter)
    return found


async def subjects(runtime: Runtime, to: str) -> list[str]:
    """What the letters to an address are about, the oldest first."""
    return [str(letter["Subject"]) for letter in await letters(runtime, to)]


async def token_for(runtime: Runtime, to: str, subject_part: str = "") -> str:
    """The token in the link of the newest such letter."""
    [*_, letter] = await letters(runtime, to, subject_part)
    return parse_qs(urlsplit(MailServer.link(letter)).query)["token"][0]


async def outcomes(tries: "list[Coroutine[Any, Any, T]]") -> tuple[list[T], list[BaseException]]:
    """Everything at once: what came of it, and what was refused."""
    found = await asyncio.gather(*tries, return_exceptions=True)
    refused = [one for one in found if isinstance(one, BaseException)]
    return [one for one in found if not isinstance(one, BaseException)], refused
