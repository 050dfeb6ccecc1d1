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
from tests.e2e.driving import WATCH, Theme
from tests.e2e.shops import DemoData, DemoShop
from tests.services import Mewayz, MissingService, chromium_program

HERE = Path(__file__).parent
_PATIENCE = 20_000  # milliseconds: a machine that is busy is slow, not wrong
# The last such flag counts: first what Playwright switches off, then a page that the address bar of each window would draw.
_WITHOUT = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable"),
    *("LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
    *("WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup"),
)
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    f"--disable-features={','.join(_WITHOUT)}",
]
_QUIET = "/health"
"""Where a page waits for the next test: it runs nothing, and being of the same site keeps the process, with the scripts compiled."""
_USUAL: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce"}
NewContext = Callable[..., Awaitable[BrowserContext]]
Look = Callable[..., Awaitable[Page]]
# Everything of WCAG 2.2 A and AA, also what axe leaves out unless asked (target-size), and its best practices.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Base UI puts these around what is open: whatever brings the focus to one is passed on at once, so nobody ever rests on it.
_PASSED_ON = "[data-base-ui-focus-guard]"
_LOOKED_AT = f"{{exclude: ['{_PASSED_ON}']}}, {{runOnly, rules, resultTypes: ['violations']}}"
_AXE_RUN = f"([runOnly, rules]) => axe.run({_LOOKED_AT}).then(found => found.violations)"
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules whose answer another theme may change."""


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
        self.lines[:] = [line for line in self.lines if parts and not any(part in line for part in parts)]


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> DemoData:
    """The data that the demo shops start from, which the processes of a run share."""
    return DemoData(tmp_path_factory.mktemp("demo") if worker_id == "master" else tmp_path_factory.getbasetemp().parent / "demo")


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


@pytest.fixture(scope="session")
def left_contexts() -> dict[str, tuple[BrowserContext, Complaints]]:
    """The contexts that `new_context` has left, and what listens to them, by their server and options."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def new_context(
    browser: Browser, site: Mewayz, complaints: Complaints, left_contexts: dict[str, tuple[BrowserContext, Complaints]]
) -> AsyncIterator[NewContext]:
    """Make browser contexts (each a person with cookies of its own); any complaint of their pages or of the server fails the test.

    `role` signs somebody of the demo shop in; everything else are options of Playwright. A context that is `left` for the next test
    keeps the files that it has loaded, and nothing else: a test must not change anything of it but by its pages.
    """
    used: list[tuple[str, BrowserContext, Complaints]] = []
    said = len(site.output())

    async def make(role: str = "", *, left: bool = False, **options: Any) -> BrowserContext:
        name = f"{site.url} {options}" if left else ""
        context, heard = left_contexts.pop(name, (None, complaints))
        if context is None:
            context, heard = await browser.new_context(**{"base_url": site.url, **_USUAL, **options}), Complaints()
            context.set_default_timeout(_PATIENCE)
            context.on("page", heard.watch)
        heard.lines = complaints.lines
        used.append((name, context, heard))
        if role:
            assert isinstance(site, DemoShop)
            await context.add_cookies([{"name": "mewayz_session", "value": site.session(role)["cookie"], "url": site.url}])
        return context

    yield make
    for name, context, heard in used:
        if name and context.pages and name not in left_contexts:
            await _forget_all_but_files(context, site.url)
            left_contexts[name] = context, heard
        else:
            await context.close()
    assert complaints.lines == []
    assert trouble(site.output()[said:]) == ""


async def _forget_all_but_files(context: BrowserContext, url: str) -> None:
    """Close the pages of a context, and empty what they have stored.

    A page of ours must not see that: without its notes it would renew the session, and the answer would take the next one's cookie away.
    """
    ours, empty = context.pages, await context.new_page()
    for page in ours:
        await page.close()
    debugger = await context.new_cdp_session(empty)
    await debugger.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "cookies,local_storage,indexeddb,service_workers"})
    await empty.close()
    await context.clear_cookies()


@pytest.fixture(scope="session")
def left_open() -> dict[str, tuple[Page, Complaints]]:
    """The pages that `look` has left, and what listens to them, by their server and screen."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def look(
    browser: Browser, live_server: DemoShop, complaints: Complaints, left_open: dict[str, tuple[Page, Complaints]]
) -> AsyncIterator[Look]:
    """Open an address on a screen and in a theme as the owner of the demo shop, for a test that only looks.

    The page is left for the next such test, with the files that it has loaded: to load them is most of the work of opening a page.
    """
    said = len(live_server.output())
    used: dict[str, tuple[Page, Complaints]] = {}

    async def open_page(path: str, theme: Theme, **screen: Any) -> Page:
        name = f"{live_server.url} {screen}"
        if name not in used:
            used[name] = left_open.pop(name, None) or await _page_to_look_at(browser, live_server.url, screen)
        page, heard = used[name]
        heard.lines = complaints.lines
        session = live_server.session("owner")["cookie"]
        await page.context.add_cookies([{"name": "mewayz_session", "value": session, "url": live_server.url}])
        await page.emulate_media(color_scheme=theme, media="screen")
        await page.goto(path)
        return page

    yield open_page
    for name, (page, heard) in used.items():
        await page.goto(_QUIET)
        await page.evaluate("sessionStorage.clear(), localStorage.clear()")  # to the server the next one is a new tab
        left_open[name] = page, heard
    assert complaints.lines == []
    assert trouble(live_server.output()[said:]) == ""


async def _page_to_look_at(browser: Browser, url: str, screen: dict[str, Any]) -> tuple[Page, Complaints]:
    context = await browser.new_context(base_url=url, **_USUAL, **screen)
    context.set_default_timeout(_PATIENCE)
    page, heard = await context.new_page(), Complaints()
    heard.watch(page)
    await page.add_init_script(WATCH)
    return page, heard


@pytest_asyncio.fixture(loop_scope="session")
async def page(new_context: NewContext) -> Page:
    """A page of a visitor who has no cookies."""
    return await (await new_context(left=True)).new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def owner(new_context: NewContext) -> Page:
    """A page of the owner of the demo shop."""
    return await (await new_context("owner", left=True)).new_page()


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
    """The accessibility violations of a page, one readable line each, `without` the rules that are named, or of those in `only`."""

    async def check(page: Page, *without: str, only: tuple[str, ...] = ()) -> list[str]:
        # Evaluated by the debugger, so the page's own content security policy stays in force.
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(axe_source)
        violations = await page.evaluate(_AXE_RUN, [list(only) or _TAGS, {rule: {"enabled": False} for rule in without}])
        return [
            f"{found['id']} ({found['impact']}): {node['html'][:200]} {node['failureSummary']}"
            for found in violations
            for node in found["nodes"]
        ]

    return check
