"""`mewayz create-admin`: who it creates, what it refuses, and what it never shows."""

from pathlib import Path

from click.testing import CliRunner

from mewayz.backend.shop import is_set_up, shop
from mewayz.cli import main
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.service import auth
from tests.cli.conftest import Shell
from tests.services import SECRET

GRACE = ("create-admin", "--email", "Grace@Example.com", "--name", "Grace Hopper", "--password-stdin")
PASSWORD = "Compiled-Tide-9"


def test_an_administrator_of_an_empty_installation_can_sign_in(empty: Shell) -> None:
    done = empty(*GRACE, given=f"{PASSWORD}\n")
    assert "Grace Hopper <grace@example.com> is an administrator now." in done.stdout
    assert "currency GBP" in done.stdout
    assert PASSWORD not in done.output
    signed_in = empty.do(lambda _: auth.sign_in(LoginPayload(email="grace@example.com", password=PASSWORD)))
    assert signed_in.user.role == "admin"
    assert empty.do(lambda _: is_set_up())


def test_another_one_leaves_the_shop_as_it_is(shell: Shell) -> None:
    found = shell.json(*GRACE, given=PASSWORD)
    assert found["shopCreated"] is False
    assert (found["name"], found["email"], found["role"]) == ("Grace Hopper", "grace@example.com", "admin")
    assert shell.do(lambda _: shop()).name == "Engines"


def test_every_field_is_refused_with_its_reason(lone: Shell) -> None:
    error = lone.json("create-admin", "--email", "nobody", "--name", "A", "--password-stdin", code=1, given=PASSWORD)
    assert set(error["fields"]) == {"email", "name"}
    weak = lone("create-admin", "--email", "a@example.com", "--name", "Anna", "--password-stdin", code=1, given="short")
    assert weak.stderr.splitlines() == ["Error: Some fields need your attention.", "  password: Use at least 8 characters."]


def test_an_address_in_use(shell: Shell) -> None:
    error = shell.json("create-admin", "--email", "ada@example.com", "--name", "Ada Two", "--password-stdin", code=1, given=PASSWORD)
    assert "email" in error["fields"]


def test_nothing_on_standard_input(lone: Shell) -> None:
    assert "password: This field is required." in lone(*GRACE, code=1, given="").stderr


def test_without_a_terminal_nothing_is_asked(lone: Shell) -> None:
    assert "Missing option '--email'" in lone("create-admin", "--name", "Anna", code=2).stderr
    assert "Use --password-stdin" in lone(*GRACE[:-1], code=2).stderr


def test_the_database_is_migrated_first(tmp_path: Path) -> None:
    environment = {"MEWAYZ_DATA_DIR": str(tmp_path / "fresh"), "MEWAYZ_SECRET_KEY": SECRET, "MEWAYZ_ENV": "development"}
    done = CliRunner().invoke(main, GRACE, input=PASSWORD, env=environment)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "fresh" / "mewayz.db").is_file()


def test_a_database_that_cannot_be_reached(lone: Shell) -> None:
    lone.environment["MEWAYZ_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    done = lone(*GRACE, code=1, given=PASSWORD)
    assert len(done.stderr.splitlines()) == 1
    assert "The database cannot be reached" in done.stderr


def test_the_shop_can_be_named(empty: Shell) -> None:
    words = ("--shop-name", "Engines", "--currency", "EUR", "--timezone", "Europe/Berlin")
    assert empty.json(*GRACE, *words, given=PASSWORD)["shopCreated"] is True
    made = empty.do(lambda _: shop())
    assert (made.name, made.currency, made.timezone) == ("Engines", "EUR", "Europe/Berlin")


def test_a_currency_or_zone_that_does_not_exist(lone: Shell) -> None:
    error = lone.json(*GRACE, "--currency", "XXY", "--timezone", "Moon/Sea", code=1, given=PASSWORD)
    assert set(error["fields"]) == {"currency", "timezone"}
