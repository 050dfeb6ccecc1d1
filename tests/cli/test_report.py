"""`mewayz report` sends a dashboard by hand, or what is due."""

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics.reports import reports
from mewayz.domains.users.model import users_collection
from tests.cli.conftest import OWNER, Shell


def letters(shell: Shell) -> list[tuple[str, str]]:
    """Recipient and subject of what was written into the data folder."""
    folder: Path = shell.settings.data_dir / "mail"
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]
    return [(str(letter["To"]), str(letter["Subject"])) for letter in found]


def test_one_is_sent_by_hand(shell: Shell) -> None:
    assert shell.json("report", "--now", "--to", OWNER["email"], "--every", "day") == {"sent": 1}
    assert shell("report", "--now", "--to", OWNER["email"].upper()).stdout == "The report is sent.\n"
    assert [(to, subject.split(":")[0]) for to, subject in letters(shell)] == [
        (OWNER["email"], "Daily report"),
        (OWNER["email"], "Weekly report"),
    ]
    assert "No active user" in shell.json("report", "--now", "--to", "nobody@example.com", code=1)["message"]


def test_what_is_due_is_sent_once(shell: Shell) -> None:
    async def begin(_: Runtime) -> None:
        user = await users_collection.find(email=OWNER["email"])
        assert user is not None
        await reports.create(Actor(user.id, user.name, user.email, Role.ADMIN), {"every": "day", "hour": 8})

    shell.do(begin)
    assert shell.json("report", "--due") == {"sent": 0}
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert shell("report", "--due").stdout == "1 sent.\n"
        assert shell.json("report", "--due") == {"sent": 0}


@pytest.mark.parametrize("words", [(), ("--now",), ("--due", "--to", "a@example.com"), ("--now", "--due", "--to", "a@example.com")])
def test_wrong_usage(lone: Shell, words: tuple[str, ...]) -> None:
    assert "Give --now with --to EMAIL, or --due." in lone("report", *words, code=2).output
