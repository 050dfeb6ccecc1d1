"""From a click on "Next page" to the new rows: over the websocket, and as the person sees it."""

import statistics
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession

from bench.browser import chromium, person, settle
from bench.load import cpu_seconds
from bench.report import Report
from bench.stores import Stores

_CLICKS = 60
_WARM = 5
_ROWS = '"rows'  # the var of the table in a delta

_CLICK = """async () => {
  const shown = () => document.querySelector('tbody')?.textContent;
  const before = shown();
  const started = performance.now();
  document.querySelector('a[aria-label="Next page"]').click();
  return await new Promise((resolve, reject) => {
    const observer = new MutationObserver(() => {
      if (shown() === before) return;
      observer.disconnect();
      resolve(performance.now() - started);
    });
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    setTimeout(() => reject(new Error('no new rows')), 20000);
  });
}"""


@dataclass
class Frames:
    """When the websocket sent and received, in milliseconds of the browser's clock."""

    sent: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def watch(self, session: CDPSession) -> None:
        """Start listening."""
        session.on("Network.webSocketFrameSent", lambda event: self.sent.append(event["timestamp"] * 1000))
        session.on("Network.webSocketFrameReceived", self._received)
        session.send("Network.enable")

    def _received(self, event: dict[str, Any]) -> None:
        text = event["response"]["payloadData"]
        if _ROWS in text:
            self.rows.append(event["timestamp"] * 1000)
            self.sizes.append(len(text))

    def forget(self) -> None:
        """Start the next click."""
        self.sent.clear()
        self.rows.clear()


def measure(report: Report, stores: Stores) -> None:
    """Page after page of the list of users, none of them in the cache."""
    store = stores.users("SQLite")
    answers: list[float] = []
    seen: list[float] = []
    frames = Frames()
    with store.server() as server, chromium() as browser, person(browser, server.url, store.cookie) as context:
        page = context.new_page()
        frames.watch(context.new_cdp_session(page))
        settle(page, "/users")
        assert server.process is not None
        before = 0.0
        for number in range(_WARM + _CLICKS):
            if number == _WARM:
                before = cpu_seconds(server.process.pid)
            page.wait_for_timeout(60)
            frames.forget()
            elapsed = page.evaluate(_CLICK)
            page.wait_for_timeout(20)
            if number >= _WARM and frames.sent and frames.rows:
                seen.append(elapsed)
                answers.append(frames.rows[0] - frames.sent[0])
        cpu_ms = (cpu_seconds(server.process.pid) - before) / _CLICKS * 1000
    if len(answers) < _CLICKS // 2:
        report.wrong(f"only {len(answers)} of {_CLICKS} clicks were answered with rows")
        return
    size = statistics.median(frames.sizes)
    report.add("event sent → delta with 25 new rows", statistics.median(answers), "ms", note=f"worst {max(answers):.1f}, {size:,.0f} bytes")
    report.add("work of the server for one click", cpu_ms, "ms CPU")
    report.add("click → new rows on the screen", statistics.median(seen), "ms", note=f"worst {max(seen):.1f}")
