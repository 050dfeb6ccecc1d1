"""Browser fixtures: Debian's Chromium on the production build, and axe for accessibility.

The tests of this folder share one event loop, because Playwright keeps its connection on the one that started it.
"""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, async_playwright, expect

from mewayz.cli.project import toolchain
from tests.conftest import skip_for
from tests.e2e.shops import DemoData, DemoShop
from tests.services import Mewayz, MissingService, chromium_program

HERE = Path(__file__).parent
_PATIENCE = 20_000  # milliseconds: a machine that is busy is slow, not wrong
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
NewContext = Callable[..., Awaitable[BrowserContext]]
# Everything of WCAG 2.2 A and AA, also what axe leaves out unless asked (target-size), and its best practices.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Base UI puts these around what is open: whatever brings the focus to one is passed on at once, so nobody ever rests on it.
_PASSED_ON = "[data-base-ui-focus-guard]"
_LOOKED_AT = f"{{exclude: ['{_PASSED_ON}']}}, {{runOnly: {_TAGS}, rules, resultTypes: ['violations']}}"
_AXE_RUN = f"rules => axe.run({_LOOKED_AT}).then(found => found.violations)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the coroutine tests of this folder on the session's loop."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass
class Complaints:
    """What a page reported while it was used; a test that expects some of it calls `forget`."""

    lines: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Collect console errors, exceptions and failed requests of `page`."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.lines.append(f"exception: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.lines.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, request: Request) -> None:
        # A navigation aborts what the page before it was still loading.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.lines.append(f"failed: {request.method} {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.lines.append(f"{response.status}: {response.request.method} {response.url}")

    def forget(self, *parts: str) -> None:
        """Drop the lines that contain one of `parts`, or all of them."""
        self.lines = [line for line in self.lines if parts and not any(part in line for part in parts)]


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> DemoData:
    """The data that the demo shops start from."""
    return DemoData(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def live_server(demo_data: DemoData) -> Iterator[DemoShop]:
    """The product on a free port with the demo shop in it, for tests that add to it."""
    with DemoShop(demo_data) as server:
        yield server


@pytest.fixture(scope="session")
def settled_server(demo_data: DemoData) -> Iterator[DemoShop]:
    """The same, for tests that read figures which an order of today would change: nobody adds to it."""
    with DemoShop(demo_data) as server:
        yield server


@pytest.fixture(scope="session")
def empty_server() -> Iterator[Mewayz]:
    """The product on a free port with an empty data folder."""
    with Mewayz() as server:
        yield server


@pytest.fixture
def site(live_server: Mewayz) -> Mewayz:
    """The server that the browsers of a test talk to; a module may choose another."""
    return live_server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the session."""
    try:
        program = chromium_program()
    except MissingService as missing:
        skip_for(missing)
    expect.set_options(timeout=_PATIENCE)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield chromium
        finally:
            await chromium.close()


@pytest.fixture
def complaints() -> Complaints:
    """What the pages of this test reported."""
    return Complaints()


def trouble(output: str) -> str:
    """What a server's log says from the first exception on."""
    found = re.search(r"^.*(Traceback|ERROR|Exception)", output, re.MULTILINE)
    return output[found.start() :] if found else ""


@pytest_asyncio.fixture(loop_scope="session")
async def new_context(browser: Browser, site: Mewayz, complaints: Complaints) -> AsyncIterator[NewContext]:
    """Make browser contexts (each a person with cookies of its own); any complaint of their pages or of the server fails the test.

    `role` signs somebody of the demo shop in; everything else are options of Playwright.
    """
    contexts: list[BrowserContext] = []
    said = len(site.output())

    async def make(role: str = "", **options: Any) -> BrowserContext:
        context = await browser.new_context(**{"base_url": site.url, "locale": "en-GB", "reduced_motion": "reduce", **options})
        context.set_default_timeout(_PATIENCE)
        context.on("page", complaints.watch)
        if role:
            assert isinstance(site, DemoShop)
            await context.add_cookies([{"name": "mewayz_session", "value": site.session(role)["cookie"], "url": site.url}])
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        await context.close()
    assert complaints.lines == []
    assert trouble(site.output()[said:]) == ""


@pytest_asyncio.fixture(loop_scope="session")
async def page(new_context: NewContext) -> Page:
    """A page of a visitor who has no cookies."""
    return await (await new_context()).new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def owner(new_context: NewContext) -> Page:
    """A page of the owner of the demo shop."""
    return await (await new_context("owner")).new_page()


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The text of axe-core, installed from the lock file beside this one."""
    script = HERE / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        environment = toolchain()
        npm = shutil.which("npm", path=environment["PATH"]) or "npm"
        done = subprocess.run([npm, "ci", "--silent"], cwd=HERE, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return script.read_text()


@pytest.fixture
def axe(axe_source: str) -> Callable[..., Awaitable[list[str]]]:
    """The accessibility violations of a page, one readable line each, `without` the rules that are named."""

    async def check(page: Page, *without: str) -> list[str]:
        # Evaluated by the debugger, so the page's own content security policy stays in force.
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(axe_source)
        violations = await page.evaluate(_AXE_RUN, {rule: {"enabled": False} for rule in without})
        return [
            f"{found['id']} ({found['impact']}): {node['html'][:200]} {node['failureSummary']}"
            for found in violations
            for node in found["nodes"]
        ]

    return check
