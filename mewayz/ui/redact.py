"""Keeps secrets out of the log: Reflex writes the headers and the payload of an event that it cannot handle.

A value is hidden by the name before it, whether as JSON, as Python writes objects or as in an address; some are known by
their shape. Where its end cannot be told, everything that follows is hidden.

Whoever can have something logged can choose the text, and all tabs wait while it is searched: so it is cut first, and no
part of it is looked through again from each of its characters.
"""

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from mewayz.backend.secret_names import SECRET_NAME, is_secret

_HIDDEN = "…"
_MOST = 10_000  # characters of one text; a line of a stack trace has some hundreds
_NAME = rf"(?:{SECRET_NAME}|set-cookie|state|(?:__Host-|__Secure-)?mewayz_\w+)"
# 'name': value, "name": value, \"name\": value inside a text, and (b'name', value) of a list of headers
_QUOTED = rf"""(?P<quote>(?<!\\)\\*['"]){_NAME}(?P=quote)\s*[:,]\s*"""
# name=value of an address, a cookie or a call
_EQUALS = rf"(?:(?<![\w-])|(?<=%[0-9A-F][0-9A-F])){_NAME}(?:=|%3D)"
_START = re.compile(f"(?:{_QUOTED}|{_EQUALS})", re.IGNORECASE | re.VERBOSE)
_OPENING = re.compile(r"""b?(\\*)(['"])""")
# A run of backslashes is taken as a whole, with the quote behind it if there is one.
_QUOTE = re.compile(r"""(\\*)(['"])|\\+""")
_PART = re.compile(r"""(\\*)(['"])|\\+|[\[\](){}]""")
_BARE = re.compile(r"""[^\s;,&<>'"()\[\]{}]*""")
_BRACKETS = {"[": "]", "{": "}", "(": ")"}
_WITH_DOTS = re.compile(r"(?<![\w-])[\w-]+(?:\.[\w-]*)+")
_SHAPES = (
    (re.compile(r"((?:bearer|basic)\s+)[^;,'\"\s]+", re.IGNORECASE), r"\1…"),
    (re.compile(r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]+"), _HIDDEN),
    (re.compile(r"otpauth://[^\s'\"]+", re.IGNORECASE), _HIDDEN),
    # The end may have been cut off, and the @ with it.
    (re.compile(r"(://[^/\s:@'\"]*:)[^/\s@'\"]+(@|…\Z)"), r"\1…\2"),
)


def _end_of_text(text: str, opening: re.Match[str]) -> int:
    """Where the closing quote is: the same one, with as many backslashes as before.

    More of them stand for themselves at one depth of quoting, and escape the quote at another: then the text goes on.
    """
    for found in _QUOTE.finditer(text, opening.end()):
        if found.group(1, 2) == opening.group(1, 2):
            return found.start()
    return len(text)


def _end_of_brackets(text: str, place: int) -> int:
    """Behind the bracket that closes the one at `place`."""
    waiting: list[str] = []
    while found := _PART.search(text, place):
        place = found.end()
        if found[2]:
            place = _end_of_text(text, found) + len(found[0])
        elif found[0] in _BRACKETS:
            waiting.append(_BRACKETS[found[0]])
        elif waiting and found[0] == waiting[-1]:
            waiting.pop()
            if not waiting:
                return place
    return len(text)


def _without_token(dotted: re.Match[str]) -> str:
    """Words with dots between them, up to where a JSON Web Token begins."""
    before, begins, _ = dotted[0].partition("eyJ")
    return f"{before}{_HIDDEN}" if begins else before


def _named(text: str) -> Iterator[str]:
    """The parts of `text`, values behind a secret name replaced."""
    done = 0
    while found := _START.search(text, done):
        start = found.end()
        opening = _OPENING.match(text, start)
        if opening:
            start, end = opening.end(), _end_of_text(text, opening)
        elif text[start : start + 1] in _BRACKETS:
            end = _end_of_brackets(text, start)
        else:
            bare = _BARE.match(text, start)
            end = bare.end() if bare else start
        yield text[done:start]
        if end > start:
            yield _HIDDEN
        done = end
    yield text[done:]


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def redact(text: str) -> str:
    """`text` with the values of cookies, tokens, codes and passwords replaced, and cut.

    >>> redact("{'cookie': 'mewayz_session=abc; a=b', 'host': 'h'}")
    "{'cookie': '…', 'host': 'h'}"
    """
    text = _WITH_DOTS.sub(_without_token, "".join(_named(_cut(text))))
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


def _argument(value: Any, name: str = "") -> Any:
    """An argument of a log call: as it is where nothing in it is secret, else as redacted text."""
    if name and (is_secret(name) or redact(f"{name}=x") != f"{name}=x"):
        return _HIDDEN
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    hidden = redact(text)
    return value if hidden == text and (isinstance(value, str) or redact(repr(value)) == repr(value)) else hidden


def _hide(record: logging.LogRecord) -> None:
    """Redact message and arguments. Arguments stay apart where they can, because some formatters pick them one by one."""
    try:
        whole = redact(record.getMessage())
        if isinstance(record.args, Mapping):
            record.args = {name: _argument(value, str(name)) for name, value in record.args.items()}
        elif record.args:
            record.args = tuple(_argument(value) for value in record.args)
        if record.getMessage() == whole:
            return
    except Exception:  # a call with wrong arguments is reported by the handler, not where it is logged
        whole = redact(f"{record.msg} {record.args}")
    record.msg, record.args = whole, ()


def hide_secrets() -> None:
    """Redact every record and every stack trace of this process, whichever library writes it and whoever prints it."""
    make = logging.getLogRecordFactory()
    if getattr(make, "redacts", False):
        return

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        _hide(record)
        return record

    factory.redacts = True  # pyright: ignore[reportFunctionMemberAccess]
    logging.setLogRecordFactory(factory)
    _hide_in_traces()


def _hide_in_traces() -> None:
    """The one place where Python turns an exception into text, for formatters and for `traceback.print_exc` alike."""
    plain = traceback.TracebackException.format
    if getattr(plain, "redacts", False):
        return

    def form(self: traceback.TracebackException, **options: Any) -> Iterator[str]:
        for lines in plain(self, **options):
            yield redact(lines)

    form.redacts = True  # pyright: ignore[reportFunctionMemberAccess]
    traceback.TracebackException.format = form  # pyright: ignore[reportAttributeAccessIssue]
