"""The head of every answer, whatever an application says."""

import hashlib
from base64 import b64encode
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mewayz.backend.headers import SecurityHeaders, page_policy, script_hashes, socket_origins

PAGE = page_policy(["'sha256-abc='"], ["wss://shop.example"])


async def answer(request: Request) -> Response:
    """What the path says."""
    match request.url.path:
        case "/file.css":
            return Response("x", media_type="text/css")
        case "/own":
            return HTMLResponse("x", headers={"Content-Security-Policy": "sandbox", "Server": "granian"})
        case "/same":
            return Response(None, 304, {"ETag": '"1"'})
        case "/broken":
            raise RuntimeError("broken")
        case "/away":
            return RedirectResponse("/", 303)
        case path if path.startswith("/api"):
            return JSONResponse({}, headers={"Cache-Control": "no-store"})
        case _:
            return HTMLResponse("x")


async def head(path: str, *, https_only: bool = False, accept: str = "*/*") -> httpx.Headers:
    """The headers of the answer at `path`."""
    app = SecurityHeaders(Starlette(routes=[Route("/{rest:path}", answer)]), page=lambda: PAGE, https_only=https_only)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return (await client.get(path, headers={"Accept": accept})).headers


@pytest.mark.parametrize("path", ["/", "/file.css", "/api/v1/users", "/broken", "/away", "/same", "/own"])
async def test_no_answer_is_without(path: str) -> None:
    headers = await head(path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["server"] == ""


async def test_a_page_runs_its_own_scripts_and_nothing_else() -> None:
    rules = dict(rule.split(" ", 1) for rule in (await head("/"))["content-security-policy"].split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"] == "'none'"
    assert rules["script-src"] == "'self' 'sha256-abc='"
    assert rules["connect-src"] == "'self' wss://shop.example"
    assert "unsafe-eval" not in str(rules)


@pytest.mark.parametrize("path", ["/file.css", "/api/v1/users", "/broken", "/away"])
async def test_what_is_no_page_loads_nothing(path: str) -> None:
    policy = (await head(path))["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


async def test_the_own_policy_of_an_answer_stays() -> None:
    assert (await head("/own"))["content-security-policy"] == "sandbox"


async def test_not_modified_never_replaces_the_policy_of_a_page_by_another() -> None:
    assert (await head("/same", accept="text/html,*/*"))["content-security-policy"] == PAGE
    assert "content-security-policy" not in await head("/same")


async def test_an_answer_says_itself_how_long_it_is_kept() -> None:
    assert (await head("/api/v1/users"))["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/verify?token=a", "/reset", "/reset/", "/invitation?token=b"])
async def test_links_of_mails_are_told_to_nobody(path: str) -> None:
    assert (await head(path))["referrer-policy"] == "no-referrer"


async def test_only_production_insists_on_https() -> None:
    assert "strict-transport-security" not in await head("/")
    assert (await head("/", https_only=True))["strict-transport-security"] == "max-age=63072000; includeSubDomains"


def test_inline_scripts_are_known_by_their_hash(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "index.html").write_text('<script src="/a.js"></script><script>if (1 < 2 && "</b>") go()</script><p>no script</p>')
    (tmp_path / "deep" / "index.html").write_text('<SCRIPT type="module">\nö &amp; </SCRIPT><script>if (1 < 2 && "</b>") go()</script>')
    expected = {
        f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in ('if (1 < 2 && "</b>") go()', "\nö &amp; ")
    }
    assert set(script_hashes(tmp_path)) == expected
    assert len(script_hashes(tmp_path)) == 2
    assert script_hashes(tmp_path / "nothing") == ()


def test_the_socket_of_an_address() -> None:
    assert socket_origins(["https://shop.example", "http://localhost:3000", "", "*"]) == ("wss://shop.example", "ws://localhost:3000")
