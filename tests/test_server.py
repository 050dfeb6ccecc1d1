"""How long a browser may keep each kind of answer, and what else its head says."""

import os
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from mewayz.server import StaticCaching, guarded
from tests.conftest import make_settings

FOREVER = "public, max-age=31536000, immutable"


async def answer(request: Request) -> Response:
    """A file, a page, or an API answer, as the path says."""
    path = request.url.path
    status = int(request.query_params.get("status", "200"))
    if path.startswith("/api"):
        return JSONResponse({}, headers={"Cache-Control": "no-store"} if path.endswith("secret") else None)
    if path.endswith((".js", ".css", ".svg")):
        return Response("x", status, headers={"ETag": '"1"'})
    return HTMLResponse("x", status)


@pytest.mark.parametrize(
    ("path", "age"),
    [
        ("/assets/index-DkX3p_a1.js", FOREVER),
        ("/assets/_users_.__id_._index-CSRqumJm.js", FOREVER),
        ("/assets/manifest-a21fce87.js", FOREVER),
        ("/assets/index-DkX3p_a1.js?status=304", FOREVER),
        ("/assets/index-DkX3p_a1.js?status=404", "no-cache"),
        ("/assets/plain.js", "no-cache"),
        ("/tokens.css", "no-cache"),
        ("/", "no-cache"),
        ("/users/5?status=404", "no-cache"),
        ("/api/v1/users", None),
        ("/api/v1/secret", "no-store"),
    ],
)
async def test_cache_control(path: str, age: str | None) -> None:
    app = StaticCaching(Starlette(routes=[Route("/{rest:path}", answer)]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        response = await client.get(path)
    assert response.headers.get("cache-control") == age


@pytest.mark.parametrize("env", ["development", "production"])
async def test_the_head_follows_the_installation(tmp_path: Path, env: str) -> None:
    (tmp_path / "index.html").write_text("<script>go()</script>")
    settings = make_settings(tmp_path, env=env, public_url="https://shop.example")
    app = guarded(Starlette(routes=[Route("/{rest:path}", answer)]), settings, tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        headers = (await client.get("/")).headers
    assert "script-src 'self' 'sha256-" in headers["content-security-policy"]
    assert "connect-src 'self' wss://shop.example" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-cache"
    assert ("strict-transport-security" in headers) == (env == "production")


async def test_pages_that_are_built_anew_may_run_their_new_scripts(tmp_path: Path) -> None:
    index = tmp_path / "index.html"
    index.write_text("<script>go()</script>")
    app = guarded(Starlette(routes=[Route("/{rest:path}", answer)]), make_settings(tmp_path), tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        before = (await client.get("/")).headers["content-security-policy"]
        index.write_text("<script>come()</script>")
        os.utime(index, ns=(1, 1))
        after = (await client.get("/")).headers["content-security-policy"]
    assert before != after
    assert after.count("sha256-") == 1
