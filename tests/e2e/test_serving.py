"""One build, served on any port and under any name, with cache headers that let a browser keep what cannot change."""

import re
import urllib.request
from collections.abc import Awaitable, Callable, Iterator

import pytest
from playwright.async_api import BrowserContext, WebSocket

from tests.e2e.shops import PATIENCE
from tests.postgres import Postgres
from tests.services import Mewayz, Redis


@pytest.fixture(scope="module")
def two_workers(postgres_server: Postgres, redis_server: Redis) -> Iterator[Mewayz]:
    """The same build in two processes, on PostgreSQL and Redis."""
    name = postgres_server.create()
    with Mewayz(DATABASE_URL=postgres_server.url(name), REDIS_URL=redis_server.url, WORKERS=2) as server:
        yield server
    postgres_server.drop(name)


def fetch(url: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    """The body and the lower-case headers of an answer."""
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.read(), {name.lower(): value for name, value in answer.getheaders()}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("which", ["live_server", "empty_server", "two_workers"])
async def test_pages_talk_to_the_origin_that_they_came_from(
    request: pytest.FixtureRequest, new_context: Callable[..., Awaitable[BrowserContext]], which: str, name: str
) -> None:
    server: Mewayz = request.getfixturevalue(which)
    page = await (await new_context()).new_page()
    async with page.expect_websocket() as expected:
        await page.goto(f"http://{name}:{server.port}/login")
    socket: WebSocket = await expected.value
    assert socket.url.startswith(f"ws://{name}:{server.port}/_event")
    await page.wait_for_load_state("networkidle")
    assert not socket.is_closed()


def test_hashed_files_are_kept_for_good_and_pages_are_asked_for(live_server: Mewayz) -> None:
    html, headers = fetch(f"{live_server.url}/login")
    assert headers["cache-control"] == "no-cache"
    scripts = set(re.findall(r'/assets/[^"\']+\.js', html.decode()))
    assert scripts
    for script in scripts:
        assert fetch(live_server.url + script)[1]["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_files_go_out_compressed(live_server: Mewayz, encoding: str) -> None:
    headers = fetch(f"{live_server.url}/login", accept_encoding=encoding)[1]
    assert headers["content-encoding"] == encoding
    assert "Accept-Encoding" in headers["vary"]
