"""Keeps secrets out of the log: Reflex writes the headers and the payload of an event that it cannot handle."""

import logging
import re
import traceback
from typing import Any

_BARE = re.compile(r"(mewayz_session=|bearer\s+)[^;,'\"\s]+", re.IGNORECASE)
_QUOTED = re.compile(
    r"""(['"](?:\w*password\w*|cookie|authorization|token|secret)['"]\s*:\s*(['"]))(?:(?!\2)[^\\]|\\.)*""", re.IGNORECASE | re.DOTALL
)


def redact(text: str) -> str:
    """`text` with the values of cookies, tokens and passwords replaced.

    >>> redact("{'cookie': 'mewayz_session=abc; a=b', 'host': 'h'}")
    "{'cookie': '…', 'host': 'h'}"
    """
    return _BARE.sub(r"\1…", _QUOTED.sub(r"\1…", text))


def hide_secrets() -> None:
    """Redact every record of this process, whichever library writes it and whoever prints it."""
    make = logging.getLogRecordFactory()
    if getattr(make, "redacts", False):
        return

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            # Formatters print this text when it is there.
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info))).rstrip()
        return record

    factory.redacts = True  # pyright: ignore[reportFunctionMemberAccess]
    logging.setLogRecordFactory(factory)
