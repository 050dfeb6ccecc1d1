"""Who arrives at sign-in or set-up without business there is sent on."""

import pytest

from mewayz.backend.access import ANONYMOUS
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.account_pages import forgot_page, register_page, resend_page
from mewayz.domains.auth.pages import login_page
from mewayz.domains.auth.state import Arrival, TermsText
from mewayz.ui.ways import SignedOut
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, way


async def test_before_set_up(sqlite_runtime: Runtime) -> None:
    page = await opened(Arrival, "/login", ANONYMOUS)
    assert way(await page.at_login()) == "/setup"
    assert await page.at_setup() is None


async def test_after_set_up(sqlite_runtime: Runtime) -> None:
    await add_shop()
    page = await opened(Arrival, "/login", ANONYMOUS)
    assert await page.at_login() is None
    assert way(await page.at_setup()) == "/"
    page = await opened(Arrival, "/login", await add_person(Role.USER))
    assert way(await page.at_login()) == "/"


async def test_who_was_shown_out_is_told_no_more_than_that(sqlite_runtime: Runtime) -> None:
    await add_shop()
    assert "You have been signed out." in str(login_page())
    for address, ended in (("/login?next=%2Forders&ended=1", True), ("/login?next=%2Forders", False)):
        page = await opened(Arrival, address, ANONYMOUS)
        await page.at_login()
        assert (await page.get_state(SignedOut)).ended is ended


async def test_where_mails_are_files_the_page_says_where(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_shop()
    settings = sqlite_runtime.settings
    folder = str(settings.data_dir / "mail")
    for changes, told in (({}, folder), ({"env": "production"}, ""), ({"smtp_url": "smtp://mail.example"}, "")):
        monkeypatch.setattr(sqlite_runtime, "settings", settings.model_copy(update=changes))
        page = await opened(Arrival, "/register", ANONYMOUS)
        await page.at_login()
        assert page.mail_folder == told
    for drawn in map(str, (register_page(), forgot_page(), resend_page())):
        assert "mails are files in" in drawn
        assert '"data-back":"form"' in drawn


async def test_the_terms_are_those_of_the_owner_where_there_are_some(sqlite_runtime: Runtime) -> None:
    page = await opened(TermsText, "/terms", ANONYMOUS)
    await page.load()
    assert page.text.startswith("These terms apply to your account")
    (sqlite_runtime.settings.data_dir / "terms.txt").write_text("\ufeffBe kind – and <pay>.\n", "utf-8")
    await page.load()
    assert page.text == "Be kind – and <pay>."
