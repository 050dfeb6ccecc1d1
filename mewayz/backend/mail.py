"""Mail: letters that leave after the commit, beside the answer, by SMTP or into the data folder.

    await mail.send(letters.password_changed(), to=user.email)

What a letter says, to whom and with which link stays out of the log, also when it could not be delivered: links are keys.
"""

import asyncio
import contextlib
import os
import secrets
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlencode, urlsplit
from weakref import WeakKeyDictionary

import aiosmtplib
from email_validator import validate_email

from mewayz.backend import clock
from mewayz.backend.errors import ConfigError
from mewayz.backend.logs import logger
from mewayz.backend.runtime import current
from mewayz.backend.settings import Settings
from mewayz.backend.shop import DEFAULT, shop
from mewayz.backend.stationery import Letter, html_form, one_line, plain_form
from mewayz.backend.unit import open_unit

# Seconds before each further try. Short, because the process waits for them when it ends.
_PAUSES = (1.0, 5.0, 15.0)
_TIMEOUT = 15.0  # seconds for one answer of the mail server
_AT_ONCE = 4  # connections to the mail server

_numbers = count()
_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Server:
    """Where MEWAYZ_SMTP_URL points to. `starttls`: True demands it, None takes it when offered, False is for TLS from the start."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    starttls: bool | None


def _local(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def smtp_server(url: str) -> Server:
    """Read `smtp://USER:PASSWORD@HOST:587` or `smtps://…:465`; `?starttls=require` refuses a server without STARTTLS, `=offered` does not.

    Require is the default where a password would otherwise cross a network in the clear.

    Raises:
        ConfigError: it is malformed; the message does not repeat it.
    """
    wrong = ConfigError("MEWAYZ_SMTP_URL must look like smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    asked = parse_qs(parts.query).get("starttls", [None])[-1]
    if parts.scheme not in {"smtp", "smtps"} or not host or asked not in {None, "require", "offered"}:
        raise wrong
    user = unquote(parts.username) if parts.username else None
    tls = parts.scheme == "smtps"
    demanded = asked == "require" or (asked is None and user is not None and not _local(host))
    return Server(
        host=host,
        port=port or (465 if tls else 587),
        user=user,
        password=unquote(parts.password or "") if user else None,
        tls=tls,
        starttls=False if tls else demanded or None,
    )


def public_address(settings: Settings) -> str:
    """The address under which people reach this installation, without a slash at its end."""
    if settings.public_url:
        return settings.public_url
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(settings.host, settings.host)  # noqa: S104 (any address is none to go to)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def public_link(path: str, **query: str) -> str:
    """An absolute link to a page."""
    return public_address(current().settings) + path + (f"?{urlencode(query)}" if query else "")


def _sender(settings: Settings, shop_name: str) -> Address:
    """MEWAYZ_MAIL_FROM, or no-reply at the public host; the name of the shop unless a name is configured."""
    name, address = parseaddr(settings.mail_from)
    if not address:
        host = urlsplit(public_address(settings)).hostname or "localhost"
        with contextlib.suppress(ValueError):
            ip_address(host)
            host = "localhost"  # an address is not a domain
        address = f"no-reply@{_ascii(host)}"
    return Address(one_line(name or shop_name), addr_spec=address)


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode()


def _recipient(to: str) -> Address:
    """One address, as mail servers take it.

    Raises:
        ValueError: it is none, or more than one, or carries a line of headers.
    """
    found = validate_email(to, check_deliverability=False, test_environment=True)
    return Address(username=found.local_part, domain=found.ascii_domain or found.domain)


class Undelivered(Exception):
    """A letter was not taken. `for_good`: another try would fail alike. Its text holds no address."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        """Keep the kind of failure, and the codes of the mail server."""
        super().__init__(reason)
        self.for_good = for_good


def envelope(subject: str, to: str, shop_name: str, settings: Settings, *, key: str = "") -> EmailMessage:
    """A mail without its content.

    Args:
        subject: one line.
        to: one address.
        shop_name: who writes.
        settings: of this installation.
        key: makes its Message-ID the same at each try, by which mail programs know two copies as one.

    Raises:
        ValueError: `to` is not one e-mail address.
    """
    sender = _sender(settings, shop_name)
    message = EmailMessage()
    message["From"] = sender
    message["To"] = _recipient(to)
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{key}@{sender.domain}>" if key else make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    return message


def message_of(letter: Letter, to: str, shop_name: str, settings: Settings) -> EmailMessage:
    """The finished mail, with a text and an HTML form.

    Raises:
        ValueError: `to` is not one e-mail address.
    """
    letter = Letter(letter.kind, one_line(letter.subject), tuple(map(one_line, letter.paragraphs)), letter.button)
    footer = f"{one_line(shop_name)} · {public_address(settings)}"
    message = envelope(letter.subject, to, shop_name, settings)
    message.set_content(plain_form(letter, footer), cte="8bit")
    message.add_alternative(html_form(letter, footer), subtype="html", cte="quoted-printable")
    return message


def _new_name() -> str:
    return f"{clock.now().strftime('%Y%m%dT%H%M%S.%f')[:-3]}Z-{next(_numbers):06d}-{secrets.token_hex(3)}"


async def send(letter: Letter, *, to: str) -> None:
    """Let `letter` leave once the open unit has been committed (at once outside of one), without waiting for it.

    `to` is an address that somebody typed: what the letter says must not let a stranger write to it.
    """
    name = _new_name()  # now: letters that are written at the same moment keep their order

    async def leave() -> None:
        current().background(_deliver(letter, to, name))

    opened = open_unit()
    if opened is None:
        await leave()
    else:
        opened.after_commit(leave)


async def _shop_name() -> str:
    try:
        return (await shop()).name
    except Exception as error:
        # The letter was promised by a commit; it matters more than the name on it.
        logger.warning("the name of the shop for a letter could not be read (%s)", _reason(error))
        return DEFAULT.name


async def _deliver(letter: Letter, to: str, name: str) -> None:
    """Try until it has been taken, refused for good, or tried often enough."""
    tries = 0
    try:
        message = message_of(letter, to, await _shop_name(), current().settings)
        for pause in (*_PAUSES, None):
            tries += 1
            try:
                await hand_over(message, letter.kind, name)
                return
            except Undelivered as error:
                if pause is None or error.for_good:
                    raise
                logger.warning("letter %s: try %d failed (%s)", letter.kind, tries, error)
                await asyncio.sleep(pause)
    except Exception as error:
        # Neither message nor traceback: mail servers repeat addresses in their answers.
        reason = str(error) if isinstance(error, Undelivered) else _reason(error)
        logger.error("letter %s was not delivered after %d tries (%s)", letter.kind, tries, reason)


async def hand_over(message: EmailMessage, kind: str, name: str = "") -> None:
    """Try once to let a finished mail leave: to the mail server, or into the data folder where there is none.

    Raises:
        Undelivered: it was not taken.
    """
    settings = current().settings
    if not settings.smtp_url:
        path = await asyncio.to_thread(_keep, settings.data_dir / "mail", name or _new_name(), message)
        logger.info("letter %s was written to mail/%s in the data folder, because no mail server is configured", kind, path.name)
        return
    server = smtp_server(settings.smtp_url)
    try:
        async with _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)):
            await _hand_over(server, message)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Undelivered(_reason(error), for_good=_for_good(error)) from None


async def _hand_over(server: Server, message: EmailMessage) -> None:
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.tls,
        start_tls=server.starttls,
        timeout=_TIMEOUT,
    )
    async with client:
        await client.send_message(message)


def _codes(error: BaseException) -> list[int]:
    """The answers of the mail server that an error stands for."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return [one.code for one in error.recipients]
    return [error.code] if isinstance(error, aiosmtplib.SMTPResponseException) else []


def _for_good(error: BaseException) -> bool:
    """Whether another try would fail alike: 5xx, or a server that cannot do what is asked."""
    return isinstance(error, aiosmtplib.SMTPNotSupported) or any(code >= 500 for code in _codes(error))


def _reason(error: BaseException) -> str:
    return " ".join([type(error).__name__, *map(str, _codes(error))])


def _keep(folder: Path, name: str, message: EmailMessage) -> Path:
    """Write the mail as a file that only this user can read; a later one has a later name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.eml"
    draft = path.with_suffix(".draft")
    content = message.as_bytes(policy=policy.SMTPUTF8.clone(linesep="\n"))
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return draft.rename(path)
