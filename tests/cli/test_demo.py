"""`mewayz demo` at the door: what it needs, what it says, and that removing is as exact as loading."""

import csv
import lzma
from pathlib import Path

import pytest

from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import Conflict
from mewayz.cli import command, demo
from mewayz.domains.admin.demo import source
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.service import auth
from mewayz.domains.products.service import products
from tests.cli.conftest import Shell

HEAD = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
LINES = [
    ["489434", "85048", "GLASS BALL", "12", "12/1/2009 7:45", "6.95", "13085.0", "United Kingdom"],
    ["489434", "79323P", "PINK CHERRY LIGHTS", "12", "12/1/2009 7:45", "6.75", "13085.0", "United Kingdom"],
    ["489435", "22350", "CAT BOWL", "12", "12/1/2009 7:46", "2.55", "", "France"],
    ["C489449", "22087", "PAPER BUNTING", "-12", "12/1/2009 10:33", "2.95", "16321.0", "Australia"],
]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A slice of four lines."""
    path = tmp_path / "slice.csv.xz"
    with lzma.open(path, "wt", newline="") as file:
        csv.writer(file).writerows([HEAD, *LINES])
    monkeypatch.setattr(source, "slice_path", lambda: path)


def total(shell: Shell) -> int:
    """How many products there are."""
    return shell.do(lambda _: products.stats(SYSTEM))["total"]


def test_a_shop_that_is_not_set_up(empty: Shell) -> None:
    said = empty("demo", code=1).stderr
    assert said == "Error: The shop is not set up yet. Run `mewayz create-admin`, or start Mewayz and open /setup.\n"


def test_loading_says_what_came_and_whose_data_it_is(shell: Shell) -> None:
    said = shell("demo").stdout
    assert "2 orders and 1 return with 4 lines" in said
    assert "CC BY 4.0" in said
    password = said.partition("all with the password ")[2].partition(" ")[0]
    for role in ("user", "moderator", "enterprise", "admin"):
        signed_in = shell.do(lambda _, role=role: auth.sign_in(LoginPayload(email=f"{role}@demo.example", password=password)))
        assert signed_in.user.role == role


def test_loading_again_adds_nothing_and_shows_no_password(shell: Shell) -> None:
    first = shell.json("demo", "--yes")
    assert (first["orders"], first["returns"], first["lines"]) == (2, 1, 4)
    assert first["password"]
    again = shell.json("demo", "--yes")
    assert (again["products"], again["orders"], again["users"], again["password"]) == (0, 0, [], None)
    assert "nothing was added" in shell("demo").stdout


def test_removing_leaves_what_is_ones_own(shell: Shell) -> None:
    shell.do(lambda _: products.create(SYSTEM, {"name": "Mine", "price": "1"}))
    shell("demo")
    assert total(shell) > 1
    removed = shell.json("demo", "--remove", "--yes")
    assert (removed["orders"], removed["users"]) == (3, 4)
    assert total(shell) == 1


def test_removing_asks(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "add --yes" in shell("demo", "--remove", code=1).stderr
    monkeypatch.setattr(demo, "is_interactive", lambda: True)
    shell("demo")
    before = total(shell)
    assert "Aborted!" in shell("demo", "--remove", code=1, given="n\n").stderr
    assert total(shell) == before
    shell("demo", "--remove", given="y\n")
    assert total(shell) == 0


def test_loading_beside_ones_own_data_asks(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "is_interactive", lambda: True)
    shell.do(lambda _: products.create(SYSTEM, {"name": "Mine", "price": "1"}))
    assert "The shop has 1 product." in shell("demo", code=1, given="n\n").stderr
    assert total(shell) == 1
    shell("demo", "--yes")
    assert total(shell) > 1


def test_a_file_that_is_not_the_full_set(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "other.whl").write_bytes(b"something else")
    said = shell("demo", "--file", tmp_path / "other.whl", code=1).stderr
    assert "is not the expected data" in said
    assert len(said.splitlines()) == 1


def test_options_that_exclude_each_other(lone: Shell) -> None:
    assert "--remove takes no --full" in lone("demo", "--remove", "--full", code=2).stderr


@pytest.mark.parametrize(("failure", "code", "words"), [(KeyboardInterrupt(), 130, "What is loaded stays"), (Conflict(), 1, "meanwhile")])
def test_an_end_in_the_middle(shell: Shell, monkeypatch: pytest.MonkeyPatch, failure: BaseException, code: int, words: str) -> None:
    async def end(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr("mewayz.domains.admin.demo.loader.load", end)
    assert words in shell("demo", code=code).stderr


@pytest.mark.parametrize(("share", "shown"), [(0.0, False), (0.5, True)])
def test_a_share_is_only_shown_once_it_is_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, share: float, shown: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with command.progress("Working") as report:
        report(share, "Fetching")
    said = capsys.readouterr().err
    assert "Fetching" in said
    assert ("%" in said, "50%" in said) == (shown, shown)


def test_a_bar_is_only_shown_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with command.progress("Working") as report:
        report(0.5, "Still working")
    assert capsys.readouterr() == ("", "")
