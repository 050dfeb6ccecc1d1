"""Where passkeys work: they belong to a name, and an address of numbers is none (WebAuthn, relying party identifier)."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from mewayz.backend.runtime import current


@dataclass(frozen=True, slots=True)
class PasskeyPlace:
    """What a page says of it.

    Attributes:
        nameless: the address of the page is of numbers, so that no browser makes or uses a passkey here.
        href: the same page at a name, where one is known; empty otherwise.
        name: the origin of `href`.
    """

    nameless: bool = False
    href: str = ""
    name: str = ""


def passkey_place(url: str) -> PasskeyPlace:
    """Whether passkeys can work on the page with this whole address, and where they do instead."""
    parts = urlsplit(url)
    try:
        number = ip_address(parts.hostname or "")
    except ValueError:
        return PasskeyPlace()
    name = _named(current().settings.public_url)
    if not name and number.is_loopback:
        name = f"{parts.scheme}://localhost{f':{parts.port}' if parts.port else ''}"
    here = parts.path + (f"?{parts.query}" if parts.query else "")
    return PasskeyPlace(True, f"{name}{here}" if name else "", name)


def _named(origin: str) -> str:
    """`origin`, unless it is of numbers too."""
    try:
        ip_address(urlsplit(origin).hostname or "")
    except ValueError:
        return origin
    return ""
