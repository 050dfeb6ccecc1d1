"""Mail: it leaves after the commit, reaches a real server, and says nothing where it should not."""

import asyncio
import inspect
import logging
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from mewayz.backend import clock, letters, mail
from mewayz.backend.errors import ConfigError
from mewayz.backend.runtime import Runtime, current, open_runtime
from mewayz.backend.settings import Settings
from mewayz.backend.shop import SHOP_ID, Shop, shops
from mewayz.backend.stationery import Letter, plain_form
from mewayz.backend.unit import unit
from tests.smtp import MailServer, make_certificate

ANNA = "anna@example.com"
TOKEN = "a-secret-token-0123456789-abcdefghijklmnopqrstuvwxyz"
HOUR = timedelta(hours=1)
LETTER = Letter(
    "test", "Hello there", ("One <b>bold</b> & quiet line.", "Another."), ("Open it", "https://shop.example.com/x?token=" + TOKEN)
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_PAUSES", (0.01, 0.01, 0.01))


@asynccontextmanager
async def opened(settings: Settings, **changes: object) -> AsyncIterator[Runtime]:
    """The runtime with other settings; at its end all letters have left."""
    async with open_runtime(settings.model_copy(update=changes)) as runtime:
        yield runtime


def received(folder: Path) -> list[EmailMessage]:
    """The letters in the data folder, the oldest first."""
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted((folder / "mail").glob("*.eml"))]


def html(letter: EmailMessage) -> str:
    body = letter.get_body(("html",))
    assert body is not None
    return body.get_content()


class Page(HTMLParser):
    """The text, the links and the tags of an HTML letter."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", [], set[str]()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_a_letter_reaches_the_server_as_text_and_html(migrated: Settings, mail_server: MailServer) -> None:
    async with opened(migrated, smtp_url=mail_server.url, public_url="https://shop.example.com"):
        await shops.add(Shop(id=SHOP_ID, name="Café Noir", currency="EUR", timezone="Europe/Paris"))
        with clock.frozen(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)):
            await mail.send(LETTER, to=ANNA)
            await asyncio.to_thread(mail_server.wait_for, ANNA, "Hello")
    (letter,) = mail_server.letters
    assert letter["From"] == "Café Noir <no-reply@shop.example.com>"
    assert letter["To"] == ANNA
    assert letter["Subject"] == "Hello there"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert re.fullmatch(r"<[^<>@\s]+@shop\.example\.com>", letter["Message-ID"])
    text = MailServer.text(letter)
    assert "One <b>bold</b> & quiet line.\n\nAnother." in text
    assert "Café Noir" in text
    assert MailServer.link(letter) == LETTER.button[1]
    page = Page(html(letter))
    assert "One <b>bold</b> & quiet line." in page.text
    assert "b" not in page.tags
    assert page.links == [LETTER.button[1]]
    assert "prefers-color-scheme: dark" in page.text


async def test_a_letter_leaves_only_after_the_commit(migrated: Settings, mail_server: MailServer) -> None:
    async with opened(migrated, smtp_url=mail_server.url):
        async with unit():
            async with unit():
                await mail.send(LETTER, to=ANNA)
            await asyncio.sleep(0.2)
            assert mail_server.tries == 0
        await asyncio.to_thread(mail_server.wait_for, ANNA)
    assert len(mail_server.letters) == 1


async def test_nothing_is_sent_when_the_unit_fails(migrated: Settings, mail_server: MailServer) -> None:
    async with opened(migrated, smtp_url=mail_server.url):
        with pytest.raises(LookupError):
            async with unit():
                await mail.send(LETTER, to=ANNA)
                raise LookupError
        async with unit():
            await current().database.first(select(shops.table.c.id))
    assert mail_server.tries == 0


async def test_the_caller_does_not_wait_for_the_server(sqlite_runtime: Runtime) -> None:
    """The server answers only once the caller has gone on."""
    went_on = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await went_on.wait()
        writer.write(b"554 Not today\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})
    async with server:
        await mail.send(LETTER, to=ANNA)
        await asyncio.sleep(0.05)
        went_on.set()
        await sqlite_runtime.close()


async def test_a_refused_letter_is_tried_again(migrated: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with MailServer(answers=("451 Busy, anna@example.com must wait",)) as server:
        async with opened(migrated, smtp_url=server.url):
            await mail.send(LETTER, to=ANNA)
        assert server.tries == 2
        assert len(server.letters) == 1
    assert "451" in caplog.text
    assert_nothing_secret(caplog)


async def test_a_server_that_comes_back_gets_the_letter(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_PAUSES", (0.05,) * 200)
    server = MailServer()
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"smtp_url": server.url})
    await mail.send(LETTER, to=ANNA)
    await asyncio.sleep(0.2)
    with server:
        assert (await asyncio.to_thread(server.wait_for, ANNA))["Subject"] == "Hello there"


def assert_nothing_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the address, nor the words, nor the link of LETTER, in any record of any logger."""
    shown = caplog.text + "".join(f"{record.getMessage()}{record.args}{record.exc_text}{record.exc_info}" for record in caplog.records)
    for secret in ("anna", "example.com", "bold", "Another", TOKEN, "token="):
        assert secret not in shown


@pytest.mark.parametrize(
    ("answer", "tries"), [("451 anna@example.com is over quota, see Another", 4), ("550 no such user anna@example.com", 1)]
)
async def test_a_failure_is_logged_without_what_it_was_about(
    migrated: Settings, caplog: pytest.LogCaptureFixture, answer: str, tries: int
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # the test's own server tells what it hears
    with MailServer(answers=(answer,) * 10) as server:
        async with opened(migrated, smtp_url=server.url):
            await mail.send(LETTER, to=ANNA)
        assert server.tries == tries
    assert f"letter test was not delivered after {tries} tries" in caplog.text
    assert answer[:3] in caplog.text
    assert_nothing_secret(caplog)


async def test_login(sqlite_runtime: Runtime) -> None:
    with MailServer(login=("post@shop", "p@ss:w/rd é")) as server:
        sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"smtp_url": server.url})
        await mail.send(LETTER, to=ANNA)
        await asyncio.to_thread(server.wait_for, ANNA)


async def test_a_wrong_login_gives_up_and_keeps_the_password_to_itself(migrated: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with MailServer(login=("post", "right")) as server:
        async with opened(migrated, smtp_url=server.url.replace("right", "hidden-password")):
            await mail.send(LETTER, to=ANNA)
        assert server.letters == []
    assert "535" in caplog.text
    assert "hidden-password" not in caplog.text
    assert_nothing_secret(caplog)


@pytest.mark.parametrize("tls", [False, True])
async def test_a_connection_is_encrypted_when_the_server_can(
    migrated: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with MailServer(certificate=certificate, tls=tls, login=("post", "secret")) as server:
        async with opened(migrated, smtp_url=server.url):
            await mail.send(LETTER, to=ANNA)
        assert len(server.letters) == 1
        assert server.encrypted == [True]


@pytest.mark.parametrize("tls", [False, True])
async def test_a_certificate_that_nobody_vouches_for_gets_nothing(migrated: Settings, tmp_path: Path, tls: bool) -> None:
    with MailServer(certificate=make_certificate(tmp_path), tls=tls) as server:
        async with opened(migrated, smtp_url=server.url):
            await mail.send(LETTER, to=ANNA)
        assert server.letters == []


async def test_starttls_can_be_demanded(migrated: Settings, mail_server: MailServer) -> None:
    async with opened(migrated, smtp_url=mail_server.url + "?starttls=require"):
        await mail.send(LETTER, to=ANNA)
    assert mail_server.letters == []


@pytest.mark.parametrize(
    ("url", "port", "tls", "starttls"),
    [
        ("smtp://mail.example.com", 587, False, None),
        ("smtp://mail.example.com:2525", 2525, False, None),
        ("smtp://u:p@mail.example.com", 587, False, True),  # the password would be readable on its way
        ("smtp://u:p@mail.example.com?starttls=offered", 587, False, None),
        ("smtp://u:p@localhost:25", 25, False, None),
        ("smtp://u:p@[::1]:25", 25, False, None),
        ("smtp://mail.example.com?starttls=require", 587, False, True),
        ("smtps://u:p@mail.example.com", 465, True, False),
    ],
)
def test_the_address_of_the_server_is_read(url: str, port: int, tls: bool, starttls: bool | None) -> None:
    server = mail.smtp_server(url)
    assert (server.port, server.tls, server.starttls) == (port, tls, starttls)


@pytest.mark.parametrize(
    "url", ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://x:y", "smtp://h:99999", "smtp://hidden:p4ss@h?starttls=x"]
)
def test_a_malformed_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        mail.smtp_server(url)
    assert "MEWAYZ_SMTP_URL" in caught.value.message
    assert "p4ss" not in caught.value.message


async def test_without_a_server_letters_are_files_for_their_owner_only(migrated: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with opened(migrated) as runtime:
        for number in range(3):
            await mail.send(Letter("test", f"Füße {number}", LETTER.paragraphs, LETTER.button), to=ANNA)
            await asyncio.wait(runtime._tasks)
    folder = migrated.data_dir / "mail"
    assert [letter["Subject"] for letter in received(migrated.data_dir)] == ["Füße 0", "Füße 1", "Füße 2"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.suffix for path in folder.iterdir()} == {".eml"}
    newest = max(folder.iterdir())
    assert LETTER.button[1] in newest.read_text()  # whole, so that it can be copied from the file
    assert newest.name in caplog.text
    assert_nothing_secret(caplog)


@pytest.mark.parametrize(
    ("public_url", "mail_from", "shown"),
    [
        ("", "", "Mewayz <no-reply@localhost>"),
        ("https://xn--caf-dma.example", "", "Mewayz <no-reply@xn--caf-dma.example>"),
        ("https://café.example:8443/shop", "", "Mewayz <no-reply@xn--caf-dma.example>"),
        ("https://shop.example", "post@other.example", "Mewayz <post@other.example>"),
        ("https://shop.example", "The Post <post@other.example>", "The Post <post@other.example>"),
        ("http://[::1]:3000", "", "Mewayz <no-reply@localhost>"),
    ],
)
async def test_the_sender(migrated: Settings, public_url: str, mail_from: str, shown: str) -> None:
    async with opened(migrated, public_url=public_url, mail_from=mail_from):
        await mail.send(LETTER, to=ANNA)
    (letter,) = received(migrated.data_dir)
    assert letter["From"] == shown


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "http://127.0.0.1:3000/verify?token=a%2Fb%26c"),
        ({"host": "0.0.0.0", "port": 80}, "http://localhost:80/verify?token=a%2Fb%26c"),
        ({"host": "::1"}, "http://[::1]:3000/verify?token=a%2Fb%26c"),
        ({"public_url": "https://shop.example.com/x"}, "https://shop.example.com/x/verify?token=a%2Fb%26c"),
    ],
)
async def test_links_are_absolute(sqlite_runtime: Runtime, changes: dict[str, object], expected: str) -> None:
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update=changes)
    assert mail.public_link("/verify", token="a/b&c") == expected
    assert mail.public_link("/login").endswith("/login")


EVIL = "Evil\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script>\u2028\u202egnp\x00\ud800"


async def test_no_text_can_add_a_header_or_markup(migrated: Settings, mail_server: MailServer) -> None:
    async with opened(migrated, smtp_url=mail_server.url):
        await shops.add(Shop(id=SHOP_ID, name=EVIL.replace("\x00", "").replace("\ud800", ""), currency="EUR", timezone="UTC"))
        await mail.send(letters.invitation(TOKEN, HOUR, inviter=EVIL, shop=EVIL), to=ANNA)
        letter = await asyncio.to_thread(mail_server.wait_for, ANNA)
    assert letter["Bcc"] is None
    expected = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
    assert {name for name in letter.keys() if not name.startswith("X-")} == expected  # noqa: SIM118 (a message iterates over more)
    assert letter["From"].addresses[0].addr_spec == "no-reply@localhost"
    assert "Evil Bcc: all@example.org <script>" in letter["Subject"]
    assert "script" not in Page(html(letter)).tags
    assert "\u202e" not in MailServer.text(letter) + html(letter) + letter["Subject"]


@pytest.mark.parametrize(
    "to",
    [
        "anna@example.com\r\nBcc: all@example.org",
        "anna@example.com\nX: y",
        "anna@example.com, all@example.org",
        "anna@example.com all@example.org",
        "<anna@example.com>",
        "Anna <anna@example.com>",
        "anna@example.com>\x00",
        "@example.com",
        "anna",
        "",
    ],
)
async def test_what_is_not_one_address_gets_nothing(
    migrated: Settings, mail_server: MailServer, caplog: pytest.LogCaptureFixture, to: str
) -> None:
    async with opened(migrated, smtp_url=mail_server.url):
        await mail.send(LETTER, to=to)
    assert mail_server.tries == 0
    assert "letter test was not delivered" in caplog.text
    assert_nothing_secret(caplog)


@pytest.mark.parametrize(
    ("to", "arrives"), [("o'brien+x@example.com", "o'brien+x@example.com"), ("jörg@bücher.example", "jörg@xn--bcher-kva.example")]
)
async def test_unusual_addresses_are_reached(migrated: Settings, mail_server: MailServer, to: str, arrives: str) -> None:
    async with opened(migrated, smtp_url=mail_server.url):
        await mail.send(LETTER, to=to)
    (letter,) = mail_server.letters
    assert letter["To"] == arrives


def all_letters() -> dict[str, Letter]:
    """One of each."""
    return {
        letter.kind: letter
        for letter in (
            letters.verify_address(TOKEN, timedelta(hours=24)),
            letters.already_registered(),
            letters.address_taken(),
            letters.reset_password(TOKEN, HOUR),
            letters.password_changed(),
            letters.confirm_new_address(TOKEN, HOUR),
            letters.address_change("new@example.com"),
            letters.address_changed("new@example.com"),
            letters.invitation(TOKEN, timedelta(days=7), inviter="Nora Ek", shop="Café Noir"),
            letters.new_device("Firefox on Linux", "203.0.113.7", datetime(2026, 7, 1, 22, 5, tzinfo=UTC), ZoneInfo("Europe/Paris")),
            letters.two_factor_on(),
            letters.two_factor_off(),
            letters.backup_codes_renewed(),
            letters.backup_code_used(3),
            letters.passkey_added("My {phone}"),
            letters.passkey_removed("My {phone}"),
            letters.session_reuse(),
            letters.account_closed(),
            letters.order_placed("M-1001", ["2 × {phone}: £5.00"], "£5.00"),
            letters.order_confirmed("M-1001", ["2 × {phone}: £5.00"], "£5.00"),
        )
    }


async def test_every_letter_says_what_to_do(sqlite_runtime: Runtime) -> None:
    written = all_letters()
    functions = {name for name, made in vars(letters).items() if inspect.isfunction(made) and made.__module__ == letters.__name__}
    assert set(written) == {name for name in functions if not name.startswith("_")} == set(letters._TEXTS)
    assert len({letter.subject for letter in written.values()}) == len(written)
    for letter in written.values():
        text = " ".join((letter.subject, *letter.paragraphs))
        assert not re.search(r"\{(?!phone)", text), letter.kind
        assert "button" not in plain_form(letter, "Mewayz"), "plain text has none"
        assert re.search(r"\b[Ii]f (you|this|it)\b", text), letter.kind
        assert letter.button is None or letter.button[1].startswith("http://127.0.0.1:3000/")
    assert {kind for kind, letter in written.items() if letter.button and TOKEN in letter.button[1]} == {
        "verify_address", "reset_password", "confirm_new_address", "invitation"
    }  # fmt: skip
    said = {kind: " ".join(letter.paragraphs) for kind, letter in written.items()}
    assert "for 24 hours" not in said["verify_address"]
    assert "for 1 day" in said["verify_address"]
    assert "for 1 hour" in said["reset_password"]
    assert "for 7 days" in said["invitation"]
    assert "Nora Ek invites you" in said["invitation"]
    assert "Café Noir" in said["invitation"]
    assert "2 Jul 2026, 00:05 CEST" in said["new_device"]
    assert "203.0.113.7" in said["new_device"]
    assert "new@example.com" in said["address_change"]
    assert "“My {phone}”" in said["passkey_added"]
    assert "3 are left" in said["backup_code_used"]
    assert "the last one" in letters.backup_code_used(0).paragraphs[0]
    assert "for 90 minutes" in " ".join(letters.reset_password(TOKEN, timedelta(minutes=90)).paragraphs)


async def test_every_letter_arrives(migrated: Settings, mail_server: MailServer) -> None:
    async with opened(migrated, smtp_url=mail_server.url):
        written = all_letters()
        for letter in written.values():
            await mail.send(letter, to=ANNA)
    assert {letter["Subject"] for letter in mail_server.letters} == {letter.subject for letter in written.values()}
    for arrived in mail_server.letters:
        letter = next(one for one in written.values() if one.subject == arrived["Subject"])
        page = Page(html(arrived))
        flowed = " ".join(MailServer.text(arrived).split())
        for paragraph in letter.paragraphs:
            assert paragraph in flowed
            assert paragraph in page.text
        assert page.links == ([letter.button[1]] if letter.button else [])
        assert max(map(len, arrived.as_bytes().splitlines())) <= 998
