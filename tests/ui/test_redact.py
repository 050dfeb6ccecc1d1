"""No secret reaches the log."""

import logging
from collections.abc import Iterator

import pytest

from mewayz.ui.redact import hide_secrets, redact


@pytest.fixture(autouse=True)
def factory() -> Iterator[None]:
    """The log as the application sets it up, and afterwards as it was."""
    before = logging.getLogRecordFactory()
    hide_secrets()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cookie: mewayz_session=abc-1_2", "cookie: mewayz_session=…"),
        ("__Host-mewayz_session=abc; theme=dark", "__Host-mewayz_session=…; theme=dark"),
        ("{'cookie': 'theme=dark; mewayz_session=abc', 'host': 'h'}", "{'cookie': '…', 'host': 'h'}"),
        ("Authorization: Bearer a.b.c", "Authorization: Bearer …"),
        ("{'authorization': 'Bearer a.b.c'}", "{'authorization': '…'}"),
        ("""{"name": "N", "password": "it's \\"secret\\"", "a": "b"}""", """{"name": "N", "password": "…", "a": "b"}"""),
        ("""{'name': "N", 'password': "it's", 'a': 'b'}""", """{'name': "N", 'password': "…", 'a': 'b'}"""),
        ("{'newPassword': 'x', 'token': 'ee30'}", "{'newPassword': '…', 'token': '…'}"),
        ("nothing to hide: password reset for token of cookie", "nothing to hide: password reset for token of cookie"),
    ],
)
def test_what_is_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("name", ["reflex", "mewayz", "somebody.else"])
def test_every_record_is_redacted(caplog: pytest.LogCaptureFixture, name: str) -> None:
    logger = logging.getLogger(name)
    logger.propagate = True
    try:
        raise ValueError("headers={'cookie': 'mewayz_session=in-the-exception'}")
    except ValueError:
        logger.exception("failed for %s at %d %%", {"password": "in-the-arguments"}, 5)
    logger.warning("Bearer in-the-text")
    assert "in-the" not in caplog.text
    assert "failed for {'password': '…'} at 5 %" in caplog.text
    assert "ValueError: headers={'cookie': '…'}" in caplog.text
    assert "Bearer …" in caplog.text


def test_it_is_set_up_once() -> None:
    first = logging.getLogRecordFactory()
    hide_secrets()
    assert logging.getLogRecordFactory() is first
