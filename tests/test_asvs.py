"""docs/asvs.md is complete and names tests that there are; docs/identity.md says of limits and lifetimes what is in force."""

import ast
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from mewayz.backend import clock, limits
from mewayz.backend.access import PROOF_LASTS
from mewayz.backend.limits import Limit
from mewayz.backend.passwords import COST, MAX_LENGTH, MIN_LENGTH
from mewayz.backend.runtime import Runtime
from mewayz.backend.settings import Settings
from mewayz.domains.auth import cookies, sessions, tickets, tokens
from mewayz.domains.auth.service import auth
from tests.conftest import make_settings
from tests.domains.auth.flows import sign_in
from tests.domains.people import add_person
from tests.services import ROOT

TABLE = ROOT / "docs" / "asvs.md"
GUIDE = (ROOT / "docs" / "identity.md").read_text()
# Levels 1 and 2 of the chapters V6 to V9 of OWASP ASVS 5.0.0.
LEVEL_1 = """
6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2
7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2
8.1.1 8.2.1 8.2.2 8.3.1
9.1.1 9.1.2 9.1.3 9.2.1
"""
LEVEL_2 = """
6.1.2 6.1.3 6.2.9 6.2.10 6.2.11 6.2.12 6.3.3 6.3.4 6.4.3 6.4.4 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.6.1 6.6.2 6.6.3 6.8.1 6.8.2 6.8.3 6.8.4
7.1.1 7.1.2 7.1.3 7.3.1 7.3.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2
8.1.2 8.2.3 8.4.1
9.2.2 9.2.3 9.2.4
"""
LEVELS = {**dict.fromkeys(LEVEL_1.split(), "1"), **dict.fromkeys(LEVEL_2.split(), "2")}
STATES = {"met", "deviates", "not met", "not applicable"}


def rows() -> list[list[str]]:
    """The cells of every requirement: number, level, requirement, state, how, tests."""
    lines = [line for line in TABLE.read_text().splitlines() if re.match(r"\| \d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@cache
def names_in(path: Path) -> set[str]:
    """The names of the tests of a file, as they are written there."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")}


def table_of(heading: str) -> dict[str, str]:
    """The table below a heading of the guide: its first column, without marks, and the rest of each line."""
    section = GUIDE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.strip("|").split("|", 1) for line in section.splitlines() if line.startswith("| ")][1:]
    return {first.strip().strip("`"): rest.strip() for first, rest in cells}


def test_every_requirement_has_one_row() -> None:
    assert sorted(row[0] for row in rows()) == sorted(LEVELS)
    assert {row[0]: row[1] for row in rows()} == LEVELS
    assert all(len(row) == 6 for row in rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_row_says_how_and_names_tests_that_exist(row: list[str]) -> None:
    _, _, requirement, state, how, shown = row
    assert requirement
    assert how
    assert state in STATES
    named = re.findall(r"`([^`]+)::(\w+)`", shown)
    assert len(named) == shown.count("`") // 2
    for path, name in named:
        assert name in names_in(ROOT / path), f"{path}::{name}"
    assert named or state in {"not met", "not applicable"}


def test_the_limits_in_the_guide_are_those_in_force() -> None:
    settings = make_settings(ROOT)
    in_force = {name: one for name, one in vars(limits).items() if isinstance(one, Limit)}
    told = {name: re.match(r"(\d+) in (\d+) minutes", text) for name, text in table_of("Limits").items()}
    assert {name: (int(found[1]), int(found[2]) * 60) for name, found in told.items() if found} == {
        name: (one.most(settings), one.seconds) for name, one in in_force.items()
    }
    named = re.findall(r"`MEWAYZ_(RATE_\w+)`", GUIDE)
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def _words(span: timedelta) -> str:
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if not span % length:
            return f"{span // length} {unit}{'' if span == length else 's'}"
    return f"{int(span.total_seconds())} seconds"


def test_the_lifetimes_in_the_guide_are_those_in_force() -> None:
    told = {name.partition("`")[0]: text for name, text in table_of("Cookies and tokens").items()}
    assert _words(tokens.ACCESS_LASTS) in told[tokens.SESSION]
    for span in (tokens.REMEMBERED, tokens.UNREMEMBERED, tokens.LONGEST):
        assert _words(span) in told[tokens.REFRESH]
    assert _words(cookies._DEVICE_LASTS) in told[tokens.DEVICE]
    links = {
        "ticket of a started sign-in, challenge for a passkey": {tickets.LOGIN, tickets.PASSKEY},
        "link to confirm a registration": {tickets.VERIFY},
        "link to choose a new password, or to confirm a new address": {tickets.RESET, tickets.EMAIL},
        "link of an invitation": {tickets.INVITE},
    }
    assert set().union(*links.values()) == set(tickets.LASTS)
    for name, kinds in links.items():
        assert {told[name].rpartition("|")[2].strip()} == {_words(tickets.LASTS[kind]) for kind in kinds}
    assert f"late tab for {_words(sessions.GRACE)}" in GUIDE
    assert f"at most {sessions._MOST} sessions" in GUIDE
    assert f"older than {_words(PROOF_LASTS)}" in GUIDE
    assert f"{MIN_LENGTH} to {MAX_LENGTH:,} characters" in GUIDE
    assert f"cost {COST}" in GUIDE


def test_fields_for_passwords_are_masked() -> None:
    """In the forms that name a password: what is drawn for it follows the kind of the field."""
    found = 0
    for path in (ROOT / "mewayz").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field" and node.args):
                continue
            first, options = node.args[0], {one.arg: one.value for one in node.keywords}
            if isinstance(first, ast.Constant) and "password" in str(first.value).lower():
                kind = options.get("kind", node.args[2] if len(node.args) > 2 else None)
                assert isinstance(kind, ast.Constant), f"{path.name}: {first.value}"
                assert kind.value == "password", f"{path.name}: {first.value}"
                found += 1
    assert found >= 5


async def test_no_password_expires(sqlite_runtime: Runtime) -> None:
    person = await add_person()
    with clock.frozen(clock.now() + timedelta(days=3650)):
        session = await sign_in(person.email)
        assert (await auth.identify("", f"Bearer {session.token}")).id == person.id
        assert not session.restricted
