"""The security headers in a real browser: what people do works under the policy, and every kind of answer carries them.

That every page works under it is seen where every page is opened in both themes (test_accessibility.py).
"""

import re

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.driving import WATCH, address, arrived, at_rest, violations
from tests.e2e.shops import PLAIN, DemoShop
from tests.socket_client import Refused, Tab

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


@pytest_asyncio.fixture(loop_scope="session")
async def watched(new_context: NewContext) -> Page:
    """A page of the owner on which violations are counted."""
    page = await (await new_context("owner", viewport={"width": 1280, "height": 900}, left=True)).new_page()
    await page.add_init_script(WATCH)
    return page


async def test_the_browser_knows_every_feature_that_the_policy_names(watched: Page) -> None:
    said: list[str] = []
    watched.on("console", lambda message: said.append(message.text))
    await watched.goto("/products")
    await at_rest(watched)
    assert [text for text in said if "Permissions-Policy" in text] == []


async def test_a_table_searches_filters_and_leads_on_without_eval(watched: Page) -> None:
    await watched.goto("/products")
    await arrived(watched, "Products")
    await watched.get_by_role("searchbox").first.fill("mug")
    await expect(watched).to_have_url(re.compile("search=mug"))
    await watched.goto("/products")
    await arrived(watched, "Products")
    await watched.get_by_role("main").get_by_role("button", name="Category", exact=True).click()
    await expect(watched.get_by_role("menu").or_(watched.get_by_role("dialog"))).to_be_visible()
    await watched.keyboard.press("Escape")
    await watched.keyboard.press("Control+k")
    await expect(watched.get_by_role("option").first).to_be_visible()
    await watched.keyboard.press("Escape")
    await watched.locator("tbody th a").first.click()
    await expect(watched).to_have_url(re.compile("/products/[0-9a-f]{24}"))
    assert await violations(watched) == []


async def test_a_form_focuses_its_first_mistake_and_leads_to_what_it_made_without_eval(watched: Page, live_server: DemoShop) -> None:
    made = live_server.product(name="Under a policy")
    await watched.goto(f"/products/{made['id']}/edit")
    name = watched.get_by_label("Name", exact=True)
    await name.fill("")
    await watched.get_by_role("button", name="Save changes").click()
    await expect(watched.locator("#field_name_error")).to_be_visible()
    await expect(name).to_be_focused()
    await watched.get_by_role("combobox", name="Status").click()
    await expect(watched.get_by_role("option").first).to_be_visible()
    await watched.keyboard.press("Escape")
    await watched.get_by_role("button", name="Delete product…").click()
    await expect(watched.get_by_role("alertdialog")).to_be_visible()
    await watched.keyboard.press("Escape")
    await name.fill("Still under a policy")
    await watched.get_by_role("button", name="Save changes").click()
    await expect(watched).to_have_url(address(f"/products/{made['id']}"))
    assert await violations(watched) == []


@pytest.mark.parametrize("path", ["/?from=2011-11-01&to=2011-12-01", "/analytics?from=2011-11-01&to=2011-12-01"])
async def test_a_chart_is_drawn_and_leads_on_without_eval(watched: Page, path: str) -> None:
    await watched.goto(path)
    await at_rest(watched)
    chart = watched.locator("figure .nsewdrag").first
    await chart.hover()
    await expect(watched.locator("figure .hovertext").first).to_be_visible()
    await chart.click()
    await expect(watched).to_have_url(re.compile("/orders"))
    assert await violations(watched) == []


async def test_what_is_injected_does_not_run(watched: Page, complaints: Complaints) -> None:
    """The policy is there to refuse this: a script in the page, a handler in an attribute, and eval."""
    await watched.goto("/products")
    await arrived(watched, "Products")
    await watched.evaluate(
        """() => {
          window.ran = [];
          const script = document.createElement("script");
          script.textContent = "ran.push('script')";
          document.body.append(script);
          const button = document.createElement("button");
          button.setAttribute("onclick", "ran.push('attribute')");
          document.body.append(button);
          button.click();
          button.remove();
        }"""
    )
    # From a timer of the page: the debugger itself may evaluate.
    await watched.evaluate("new Promise(done => setTimeout(() => { try { eval(\"ran.push('eval')\") } catch {} done() }))")
    assert await watched.evaluate("ran") == []
    assert len(await violations(watched)) == 3
    complaints.forget("Content Security Policy")


@pytest.mark.parametrize(
    "path", ["/login", "/tokens.css", "/session.js", "/api/v1/auth/me", "/api/v1/nothing", "/api/docs", "/no/such/page"]
)
def test_every_answer_carries_the_headers(live_server: DemoShop, path: str) -> None:
    headers = httpx.get(live_server.url + path, headers={"Accept": "text/html"}, follow_redirects=True, **PLAIN).headers
    assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "publickey-credentials-get=(self)" in headers["permissions-policy"]
    assert headers["server"] == ""
    # Development has no certificate to insist on.
    assert "strict-transport-security" not in headers


async def test_a_page_that_has_not_changed_keeps_its_policy(watched: Page) -> None:
    """The browser asks whether its copy is still good, and the headers of that answer replace those that it has stored."""
    for _ in range(3):
        await watched.goto("/products")
        await arrived(watched, "Products")
        assert await violations(watched) == []


def test_only_pages_may_run_scripts(live_server: DemoShop) -> None:
    page, file, answer = (
        httpx.get(live_server.url + path, **PLAIN).headers["content-security-policy"]
        for path in ("/login", "/session.js", "/api/v1/auth/me")
    )
    assert "script-src 'self' 'sha256-" in page
    assert "script-src" not in file
    assert "script-src" not in answer


async def test_the_description_of_the_api_keeps_its_look(watched: Page) -> None:
    await watched.goto("/api/docs")
    await expect(watched.get_by_role("heading", level=1)).to_be_visible()
    assert await watched.evaluate("[...document.styleSheets].length") == 1
    assert await violations(watched) == []


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
@pytest.mark.parametrize("path", ["/_event", "/_event/?EIO=4&transport=polling", "/_upload", "/_upload/file.txt"])
def test_reflex_answers_no_other_site(live_server: DemoShop, path: str, headers: dict[str, str]) -> None:
    assert httpx.get(live_server.url + path, headers=headers, **PLAIN).status_code == 403
    assert httpx.post(live_server.url + path, headers=headers, **PLAIN).status_code == 403


def test_nobody_uploads_through_reflex(live_server: DemoShop) -> None:
    files = {"files": ("a.txt", b"a")}
    answer = httpx.post(f"{live_server.url}/_upload", headers={"Origin": live_server.url}, files=files, **PLAIN)
    assert answer.status_code == 403


async def test_no_origin_gets_no_socket(live_server: DemoShop) -> None:
    tab = Tab(live_server.url)
    tab.headers = []
    with pytest.raises(Refused):
        async with tab:
            pass
