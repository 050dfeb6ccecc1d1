"""Where a request comes from: the address behind it, and whether one of our own pages has sent it."""

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from mewayz.backend.errors import Forbidden
from mewayz.backend.runtime import current

_MAX_ADDRESS = 100
_WITH_PORT = re.compile(r"(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)\])(?::[0-9]+)?")


class OtherSite(Forbidden):
    """A browser sent this from a page that is none of this installation."""

    code = "csrf"
    default_message = (
        "This request does not come from a page of this site. Programs send a bearer token. To open Mewayz under another name,"
        " set MEWAYZ_PUBLIC_URL to that address, or add it to MEWAYZ_ALLOWED_ORIGINS."
    )


def same_origin(headers: Headers) -> bool:
    """Whether a browser's Origin is this installation: exact in production; in development also the asked host, where it is surely ours."""
    origin = headers.get("origin", "")
    settings = current().settings
    if origin.rstrip("/") in settings.origins:
        return True
    host = headers.get("host", "")
    return not settings.production and origin in {f"http://{host}", f"https://{host}"} and _is_ours(host)


def _is_ours(host: str) -> bool:
    """Whether a host is named as only this machine can be: by an address, as loopback, or as the settings do.

    Any other name may have been pointed here by a page that is open in a browser of this network (DNS rebinding).
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if name == "localhost" or name in {urlsplit(known).hostname for known in current().settings.origins}:
            return True
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def client_address(request: HTTPConnection) -> str:
    """Where a request comes from: the peer, or what as many proxies as are trusted say of it.

    Each proxy appends the address that it saw, so with n trusted hops the nth from the right is the client's; what
    stands before it, anybody could have sent.
    """
    peer = request.client.host if request.client else ""
    hops = current().settings.trusted_proxy_hops
    told = [part.strip() for line in request.headers.getlist("x-forwarded-for") for part in line.split(",") if part.strip()]
    return _without_port(told[-hops])[:_MAX_ADDRESS] if 0 < hops <= len(told) else peer


def _without_port(told: str) -> str:
    """An address as some proxies write it, `192.0.2.1:50123` or `[2001:db8::1]:50123`: each connection would count as another one."""
    found = _WITH_PORT.fullmatch(told)
    return found[1] or found[2] if found else told
