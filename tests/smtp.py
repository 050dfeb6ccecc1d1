"""A mail server of its own for tests, which keeps the letters that it is given.

with MailServer() as server:
    ... MEWAYZ_SMTP_URL=server.url ...
    letter = server.wait_for("anna@example.com", "Confirm")
    link = server.link(letter)
"""

import re
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import quote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.services import free_port

_LINK = re.compile(r"https?://[^\s<>\"]+")


def make_certificate(folder: Path, name: str = "127.0.0.1") -> Path:
    """A self-made certificate with its key, in one PEM file; SSL_CERT_FILE makes it trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


class MailServer:
    """An SMTP server on a free port, in a thread of its own.

    Args:
        login: (user, password) without which it takes no letter.
        certificate: a PEM file with which it offers STARTTLS, or speaks TLS from the start with `tls=True`.
        answers: what it says to the first letters instead of taking them, such as "451 Try again later".
    """

    def __init__(
        self, *, login: tuple[str, str] | None = None, certificate: Path | None = None, tls: bool = False, answers: tuple[str, ...] = ()
    ) -> None:
        self.port = free_port()
        self.letters: list[EmailMessage] = []
        self.encrypted: list[bool] = []
        self.tries = 0
        self._answers = list(answers)
        self._login = login
        self._arrived = threading.Condition()
        user = f"{quote(login[0], safe='')}:{quote(login[1], safe='')}@" if login else ""
        self.url = f"{'smtps' if tls else 'smtp'}://{user}127.0.0.1:{self.port}"
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            ready_timeout=30,
            ssl_context=context if tls else None,
            tls_context=None if tls else context,
            authenticator=self._authenticate if login else None,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
        )

    def _authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        given = cast(LoginPassword, data)
        known = self._login is not None and (given.login.decode(), given.password.decode()) == self._login
        return AuthResult(success=known, handled=known)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd calls it by this name)
        """Take a letter, or refuse it as told."""
        with self._arrived:
            self.tries += 1
            if self._login and not session.authenticated:
                return "530 Sign in first"
            if self._answers:
                return self._answers.pop(0)
            content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
            letter = cast(EmailMessage, message_from_bytes(content, policy=policy.default))
            self.letters.append(letter)
            self.encrypted.append(cast(Any, server).transport.get_extra_info("sslcontext") is not None)
            self._arrived.notify_all()
        return "250 Taken"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._controller.stop()

    def clear(self) -> None:
        """Forget what has come so far."""
        with self._arrived:
            self.letters.clear()
            self.encrypted.clear()
            self.tries = 0

    def wait_for(self, to: str, subject_part: str = "", *, patience: float = 30.0) -> EmailMessage:
        """The newest letter to this address with these words in its subject, once it is there.

        Blocks the calling thread: in an async test, `await asyncio.to_thread(server.wait_for, …)`.
        """
        end = time.monotonic() + patience
        with self._arrived:
            while True:
                for letter in reversed(self.letters):
                    if to in str(letter["To"]) and subject_part in str(letter["Subject"]):
                        return letter
                if not self._arrived.wait(end - time.monotonic()):
                    had = [(str(letter["To"]), str(letter["Subject"])) for letter in self.letters]
                    raise AssertionError(f"no letter to {to} about {subject_part!r} came; there were {had}")

    @staticmethod
    def text(letter: EmailMessage) -> str:
        """The plain text of a letter."""
        body = letter.get_body(("plain",))
        assert body is not None
        return body.get_content().replace("\r\n", "\n")

    @classmethod
    def link(cls, letter: EmailMessage) -> str:
        """The first link in the text of a letter."""
        found = _LINK.search(cls.text(letter))
        assert found is not None, "the letter has no link"
        return found.group()
