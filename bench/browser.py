"""Debian's Chromium, driven by Playwright: what a page transfers, and what its websocket says when."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.services import chromium_program

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
COOKIE = "mewayz_session"


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser for the block.

    Raises:
        MissingService: it is not installed.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def person(browser: Browser, url: str, cookie: str = "") -> Iterator[BrowserContext]:
    """A browser profile without anything cached, signed in when there is a cookie."""
    context = browser.new_context(base_url=url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    try:
        if cookie:
            context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
        yield context
    finally:
        context.close()


@dataclass
class Transfers:
    """What a page loaded, as it went over the wire: compressed bodies by address, all headers, the text of the websocket."""

    sizes: dict[str, int] = field(default_factory=dict)
    headers: int = 0
    websocket: int = 0
    _urls: dict[str, str] = field(default_factory=dict)
    _heads: dict[str, int] = field(default_factory=dict)

    def watch(self, session: CDPSession) -> None:
        """Start counting."""
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.responseReceived", self._received)
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.webSocketFrameReceived", self._frame)
        session.send("Network.enable")

    def _sent(self, event: dict[str, Any]) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _received(self, event: dict[str, Any]) -> None:
        self._heads[event["requestId"]] = int(event["response"]["encodedDataLength"])

    def _finished(self, event: dict[str, Any]) -> None:
        url = self._urls.get(event["requestId"], "")
        if url.startswith("http"):
            head = self._heads.get(event["requestId"], 0)
            self.headers += head
            self.sizes[url] = self.sizes.get(url, 0) + int(event["encodedDataLength"]) - head

    def _frame(self, event: dict[str, Any]) -> None:
        self.websocket += len(event["response"]["payloadData"])

    @property
    def total(self) -> int:
        """Bytes of all bodies."""
        return sum(self.sizes.values())


def first_load(browser: Browser, url: str, path: str, cookie: str = "", encoding: str = "gzip") -> Transfers:
    """What the first visit of a page transfers before the network falls silent."""
    with person(browser, url, cookie) as context:
        context.set_extra_http_headers({"Accept-Encoding": encoding})
        page = context.new_page()
        transfers = Transfers()
        transfers.watch(context.new_cdp_session(page))
        settle(page, path)
        return transfers


def settle(page: Page, path: str) -> None:
    """Open a page and wait until it has nothing more to load."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    page.wait_for_load_state("networkidle")
