"""A passkey in software: it makes credentials and signs assertions as a browser hands them over (WebAuthn Level 3, 6)."""

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url as text_of

from tests.domains.people import ORIGIN

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One authenticator with one credential.

    Attributes:
        verifies: whether it checks the person by finger, face or code.
        counter: of its signatures; None stays at zero, as passkeys that are synchronised do.
    """

    def __init__(self, *, verifies: bool = True, counter: int | None = 1) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.user = ""
        self.verifies = verifies
        self.counter = counter

    def _data(self, host: str, flags: int, attested: bytes = b"") -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + (self.counter or 0).to_bytes(4, "big") + attested

    def _credential(self, client: bytes, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": text_of(self.id),
            "rawId": text_of(self.id),
            "type": "public-key",
            "response": {"clientDataJSON": text_of(client), **response},
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }

    def create(self, options: dict[str, Any], *, origin: str = ORIGIN, challenge: str = "") -> dict[str, Any]:
        """What `navigator.credentials.create` answers."""
        self.user = options["user"]["id"]
        point = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(options["rp"]["id"], _ATTESTED, attested)
        client = _client("webauthn.create", challenge or options["challenge"], origin)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(client, {"attestationObject": text_of(attestation), "transports": ["internal", "hybrid"]})

    def get(self, options: dict[str, Any], *, origin: str = ORIGIN, challenge: str = "", host: str = "") -> dict[str, Any]:
        """What `navigator.credentials.get` answers."""
        if self.counter is not None:
            self.counter += 1
        data = self._data(host or options["rpId"], 0)
        client = _client("webauthn.get", challenge or options["challenge"], origin)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"authenticatorData": text_of(data), "signature": text_of(signature), "userHandle": self.user}
        return self._credential(client, answer)


def _client(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()
