"""What a first visit transfers, gzipped: from the built files, and as Chromium receives it."""

import re
from pathlib import Path

from bench.browser import chromium, first_load
from bench.report import Report
from bench.stores import Stores
from tests.services import ROOT

SIGN_IN_KB, TABLE_KB = 200, 300
TABLES = ("/users", "/products", "/orders", "/customers")
CHARTS = ("/", "/analytics")
OTHERS = ("/admin",)
_BUILT = ROOT / ".web" / "build" / "client"
_CHART_LIBRARY = "plotly"
_LINKED = re.compile(r'(?:href|src)="(/[^"]+\.[a-z0-9]+)"')


def measure(report: Report, stores: Stores) -> None:
    """Each page on its own, with nothing in the browser's cache."""
    store = stores.demo()
    with store.server() as server, chromium() as browser:
        for path in ("/login", *TABLES):
            report.add(f"{path}: files that its HTML names", _named_files(path) / 1000, "KB gz")
        for path in ("/login", *TABLES, *CHARTS, *OTHERS):
            cookie = "" if path == "/login" else store.cookie
            loaded = first_load(browser, server.url, path, cookie)
            with_charts = any(_CHART_LIBRARY in url for url in loaded.sizes)
            limit = SIGN_IN_KB if path == "/login" else TABLE_KB if path in TABLES else None
            note = f"{len(loaded.sizes)} responses; headers {loaded.headers / 1000:.1f} KB, websocket {loaded.websocket / 1000:.0f} KB more"
            report.add(f"{path}: in Chromium", loaded.total / 1000, "KB gz", at_most=limit, note=note)
            report.check(f"{path} loads the chart library", with_charts, path in CHARTS)
            if path in ("/login", "/"):
                smaller = first_load(browser, server.url, path, cookie, "br").total
                report.add(f"{path}: in Chromium, taking Brotli", smaller / 1000, "KB br")


def _named_files(path: str) -> int:
    """Bytes of a page's HTML and of every file that it names, in the gzipped form where there is one."""
    name = "index.html" if path == "/" else f"{path.strip('/')}.html"
    names = {f"/{name}", *_LINKED.findall((_BUILT / name).read_text())}
    return sum(_size(_BUILT / name.lstrip("/")) for name in names)


def _size(file: Path) -> int:
    packed = file.with_name(f"{file.name}.gz")
    return (packed if packed.is_file() else file).stat().st_size
