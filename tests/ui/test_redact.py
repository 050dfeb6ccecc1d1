"""No secret reaches the log."""

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mewayz.ui import redact as module
from mewayz.ui.redact import hide_secrets, redact


@pytest.fixture(autouse=True)
def factory() -> Iterator[None]:
    """The log as the application sets it up, and afterwards as it was."""
    before, form = logging.getLogRecordFactory(), traceback.TracebackException.format
    hide_secrets()
    yield
    logging.setLogRecordFactory(before)
    traceback.TracebackException.format = form


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
        ("__Secure-mewayz_refresh=12.ab; mewayz_device=c; theme=dark", "__Secure-mewayz_refresh=…; mewayz_device=…; theme=dark"),
        ("{'__Host-mewayz_session': 'abc', 'theme': 'dark'}", "{'__Host-mewayz_session': '…', 'theme': 'dark'}"),
        ("[(b'cookie', b'mewayz_session=abc'), (b'host', b'h')]", "[(b'cookie', b'…'), (b'host', b'h')]"),
        ('{"backupCodes": ["a-b", "c]-d"], "email": "e"}', '{"backupCodes": …, "email": "e"}'),
        ('{"credential": {"id": "x", "response": {"a": ["}"]}}, "name": "n"}', '{"credential": …, "name": "n"}'),
        ("{'code': 123456, 'rememberMe': True}", "{'code': …, 'rememberMe': True}"),
        ("LoginPayload(email='e', password='p', remember_me=True)", "LoginPayload(email='e', password='…', remember_me=True)"),
        (r'body "{\"password\": \"a\\\"b\", \"name\": \"n\"}"', r'body "{\"password\": \"…\", \"name\": \"n\"}"'),
        ("GET /reset?token=a-b_c&x=1 HTTP/1.1", "GET /reset?token=…&x=1 HTTP/1.1"),
        ("/login?next=%2Freset%3Ftoken%3Dabc 200", "/login?next=%2Freset%3Ftoken%3D… 200"),
        ("seen eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s1-g_x there", "seen … there"),
        ("hash $2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV0123456789a.", "hash …"),
        ("otpauth://totp/Mewayz:a?secret=ABC&issuer=M", "…"),
        ("postgresql://user:pass@host/name", "postgresql://user:…@host/name"),
        ("{'password': 'cut off", "{'password': '…"),
        ("{'name': 'N', 'status': 'active', 'count': 5}", "{'name': 'N', 'status': 'active', 'count': 5}"),
        ("https://shop.example:3000/orders?status=new&sort=-total", "https://shop.example:3000/orders?status=new&sort=-total"),
        ("{'proof_code': 'abcde-fghjk', 'mfa_code': 123456}", "{'proof_code': '…', 'mfa_code': …}"),
        (
            "{'otp': 1, 'passphrase': 'x', 'proof_password': 'y', 'pw': 'z', 'passwd': 'a'}",
            "{'otp': …, 'passphrase': '…', 'proof_password': '…', 'pw': '…', 'passwd': '…'}",
        ),
        (
            "status_code=500 errorCode=7 postcode=N1 currency_code=EUR barcode=5",
            "status_code=500 errorCode=7 postcode=N1 currency_code=EUR barcode=5",
        ),
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


KEYS = [
    *("password", "currentPassword", "confirmPassword", "code", "backupCode", "backupCodes", "secret", "token", "challenge"),
    *("credential", "otpauthUrl", "authorization", "cookie", "set-cookie", "state", "Cookie", "PASSWORD"),
    *("mewayz_session", "__Host-mewayz_session", "__Secure-mewayz_refresh", "__Secure-mewayz_device"),
]
SECRET = "planted"
AS_OBJECT: list[Callable[[str, object], str]] = [
    lambda key, value: repr({"a": "b", key: value, "c": 1}),
    lambda key, value: json.dumps({"a": "b", key: value, "c": 1}),
    lambda key, value: json.dumps({key: value}, separators=(",", ":")),
    lambda key, value: json.dumps({key: value}, indent=2),
    lambda key, value: json.dumps(json.dumps({key: value, "c": 1})),
    lambda key, value: json.dumps([json.dumps(json.dumps({key: value, "c": 1}))]),
    lambda key, value: repr([json.dumps({key: value})]),
    lambda key, value: repr((key, value)),
    lambda key, value: repr([(key.encode(), str(value).encode())]),
]
NOISE = st.text(st.characters(codec="utf-8"), max_size=12)


@given(before=NOISE, after=NOISE, key=st.sampled_from(KEYS), form=st.sampled_from(AS_OBJECT), around=NOISE)
def test_nothing_behind_a_secret_name_survives(before: str, after: str, key: str, form: Callable[[str, object], str], around: str) -> None:
    value = f"{before}{SECRET}{after}"
    assert SECRET not in redact(f"failed: {form(key, value)} {around}")


@given(inner=st.lists(NOISE, max_size=3), key=st.sampled_from(KEYS), form=st.sampled_from(AS_OBJECT[:4]))
def test_nothing_in_a_list_or_object_survives(inner: list[str], key: str, form: Callable[[str, object], str]) -> None:
    assert SECRET not in redact(form(key, [*inner, SECRET]))
    assert SECRET not in redact(form(key, {"a": inner, "b": {"c": SECRET}}))
    assert str(987654) not in redact(form(key, 987654))


@given(before=NOISE, after=NOISE, key=st.sampled_from(["token", "code", "state", "mewayz_session", "__Secure-mewayz_refresh"]))
def test_nothing_of_an_address_or_a_cookie_survives(before: str, after: str, key: str) -> None:
    value = quote(f"{before}{SECRET}{after}", safe="")
    for text in (f"GET /reset?{key}={value} 200", f"https://shop.example/a?b=c&{key}={value}#d", f"Cookie: a=b; {key}={value}; c=d"):
        assert SECRET not in redact(text)
    assert SECRET not in redact(f"/login?next={quote(f'/reset?{key}={SECRET}', safe='')}")


@given(text=st.text(max_size=200))
def test_any_text_is_redacted_once_and_for_all(text: str) -> None:
    assert redact(redact(text)) == redact(text)


RUNS = [
    *("\\", "'", '"', "\\'", "'\\", '\\"', "[", "[\\", "token=[", "token='", "'code'", "'code' ", "'token': '\\", "'token': ['\\"),
    *(
        "password",
        "'password",
        "token",
        "%AAtoken",
        "codeerror",
        "otp",
        "mewayz_",
        "_",
        "eyJ",
        "eyJ.",
        "a.",
        "bearer ",
        "$2b$12$",
        "://a:",
        "a:",
    ),
]
"""What makes a pattern that begins anew at each character look at all the others, when it is repeated."""


@pytest.mark.parametrize("before", ["", "'token': ['", "://", "token=["])
@pytest.mark.parametrize("run", RUNS)
def test_a_text_that_somebody_else_chose_does_not_stop_the_process(run: str, before: str) -> None:
    """As long as a message may be; what grows with the square of that would take hours here."""
    text = f"{before}{run * (1_000_000 // len(run))}"
    found = redact(text)
    assert len(found) <= 10_000
    assert redact(found) == found


def test_a_text_is_cut_before_anything_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def named(text: str) -> Iterator[str]:
        seen.append(text)
        yield text

    monkeypatch.setattr(module, "_named", named)
    for length in (10_000, 10_001, 1_000_000):
        redact("x" * length)
    assert [len(text) for text in seen] == [10_000] * 3
    assert [text[-1] for text in seen] == ["x", "…", "…"]


def test_no_pattern_repeats_without_end_from_each_character() -> None:
    """A name is the first thing that is looked for, anywhere: each of its parts has a bound."""
    assert r"\w*" not in module._START.pattern
    assert r"\w+" not in module._START.pattern.replace(r"mewayz_\w+", "")
    assert module._START.pattern.count("*") == module._START.pattern.count(r"\s*") + 1
    assert r"(?<!\\)\\*" in module._START.pattern


def test_what_is_long_is_cut_in_records(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("mewayz").warning("%s: %s", "{'token': 'in-the-arguments'}", {"a": "\\" * 1_000_000})
    (record,) = caplog.records
    assert len(record.getMessage()) <= 10_000
    assert record.getMessage().startswith("{'token': '…'}: {'a': ")
    try:
        raise ValueError("\\" * 1_000_000)
    except ValueError:
        assert len(traceback.format_exc()) < 12_000


@pytest.mark.parametrize("secret", ["://user:planted", "eyJhbGciOiJIUzI1NiJ9.planted", "'token': 'planted", "$2b$12$planted"])
def test_what_is_cut_off_in_a_secret_is_hidden(secret: str) -> None:
    before = " " * (9_999 - len(secret))
    assert "planted" not in redact(f"{before}{secret}-goes-on@host', 'a': 'b'")


BASE64 = st.text("ABCxyz019-_", min_size=1, max_size=20)


@given(parts=st.lists(BASE64, min_size=2, max_size=5), salt=st.text("./ABCxyz019", min_size=53, max_size=53), before=NOISE)
def test_tokens_and_hashes_are_known_by_their_shape(parts: list[str], salt: str, before: str) -> None:
    token, hashed = "eyJ" + ".".join(parts), f"$2b$12${salt}"
    for secret in (token, hashed):
        assert secret not in redact(f"{before}{secret} rest")


@pytest.mark.parametrize("name", ["_granian", "granian.access", "uvicorn.access", "uvicorn.error", "asyncio", "reflex"])
def test_arguments_stay_apart_for_formatters_that_pick_them(name: str) -> None:
    make = logging.getLogger(name).makeRecord
    path = "/reset?token=in-the-path"
    record = make(name, 20, "f", 1, '%s - "%s %s HTTP/%s" %d', ("1.2.3.4:5", "GET", path, "1.1", 200), None)
    assert record.args == ("1.2.3.4:5", "GET", "/reset?token=…", "1.1", 200)
    assert record.getMessage() == '1.2.3.4:5 - "GET /reset?token=… HTTP/1.1" 200'
    record = make(
        name, 20, "f", 1, "%(method)s %(status)d", ({"method": "GET", "status": 200, "query_string": "token=x", "cookie": "y"},), None
    )
    assert record.getMessage() == "GET 200"
    assert record.args == {"method": "GET", "status": 200, "query_string": "token=…", "cookie": "…"}


def test_a_wrong_call_is_no_failure_of_the_caller() -> None:
    record = logging.getLogger("mewayz").makeRecord("mewayz", 20, "f", 1, "%d", ("token=abc",), None)
    assert "abc" not in record.getMessage()


def test_printed_stack_traces_are_redacted() -> None:
    class Wrong(Exception):
        pass

    printed = io.StringIO()
    try:
        try:
            raise Wrong("{'password': 'in-the-cause'}")
        except Wrong as error:
            raise ExceptionGroup("token=in-the-group", [ValueError("Bearer in-a-part"), error]) from error
    except ExceptionGroup:
        traceback.print_exc(file=printed)
        said = traceback.format_exc()
    for text in (said, printed.getvalue()):
        assert "in-the-cause" not in text
        assert "token=…" in text
        assert "Bearer …" in text
        assert "raise ExceptionGroup" in text
