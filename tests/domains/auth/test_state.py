"""Who arrives at sign-in or set-up without business there is sent on."""

from mewayz.backend.access import ANONYMOUS, Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.state import Arrival, TermsText
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


async def test_the_terms_are_those_of_the_owner_where_there_are_some(sqlite_runtime: Runtime) -> None:
    page = await opened(TermsText, "/terms", ANONYMOUS)
    await page.load()
    assert page.text.startswith("These terms apply to your account")
    (sqlite_runtime.settings.data_dir / "terms.txt").write_text("\ufeffBe kind – and <pay>.\n", "utf-8")
    await page.load()
    assert page.text == "Be kind – and <pay>."
