"""REST: the envelope, every refusal with its status, and what a stranger's page may not do."""

import asyncio
import logging
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request

from mewayz.backend import bodies
from mewayz.backend import runtime as runtimes
from mewayz.backend.access import PUBLIC
from mewayz.backend.database import BrokenOff, DatabaseDown
from mewayz.backend.errors import RateLimited, Standing
from mewayz.backend.grants import Role
from mewayz.backend.origins import client_address, same_origin
from mewayz.backend.resource import rev_of
from mewayz.backend.rest import BASE, Call, Endpoint, api
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.service import auth
from tests.domains.people import ORIGIN, add_person, add_shop, data_of, refused, signed_in, visit

PRODUCT = {"name": "Mug", "price": "2.50", "sku": "M1", "inventory": {"stock": 3}}
SETUP = {"name": "Ada", "email": "ada@example.com", "password": "Analytical-Tide-1", "shopName": "S", "currency": "EUR", "timezone": "UTC"}
JSON = {"Content-Type": "application/json"}
NO_JSON = (
    b"",
    b"{",
    b"nonsense",
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": [-Infinity]}',
    b'{"a": 1,}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"name": "\xff"}',
    b'{"name": "\\ud800"}',
    b'{"name": "a", "price": 1, "name": "b"}',
    b'{"name": "a", "price": 1, "n\\u0061me": "a"}',
    b'{"name": "a", "inventory": {"stock": 1, "stock": 1}}',
    b'[{"a": [{"b": null, "b": null}]}]',
    b"[" * 33 + b"]" * 33,
    b'{"a":' * 33 + b"1" + b"}" * 33,
    b"[" * 900 + b"]" * 900,
    b"[" * 1_000_000,
    b'{"a":' * 200_000,
)
PAGINATION = {
    "currentPage": 1,
    "totalPages": 1,
    "totalItems": 1,
    "itemsPerPage": 10,
    "hasNextPage": False,
    "hasPrevPage": False,
    "totalIsExact": True,
    "nextCursor": None,
}


@pytest.fixture(autouse=True)
def sessions_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "identity", [auth.identify])


async def test_a_record_from_its_creation_to_its_end(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with signed_in(admin.email) as client:
        made = await client.post("/products", json=PRODUCT)
        product = data_of(made, 201)["product"]
        assert made.headers["location"] == f"{BASE}/products/{product['id']}"
        assert (product["price"], product["rev"], product["currency"], product["creatorId"]) == ("2.50", 1, "GBP", admin.id)
        read = await client.get(f"/products/{product['id']}")
        assert data_of(read) == {"product": product}
        assert (read.headers["etag"], read.headers["cache-control"]) == ('"1"', "private, no-cache")
        listed = data_of(await client.get("/products"))
        assert listed == {"products": [product], "pagination": PAGINATION}
        changed = await client.patch(f"/products/{product['id']}", json={"price": 3, "rev": 1})
        assert (data_of(changed)["product"]["price"], changed.headers["etag"]) == ("3.00", '"2"')
        tagged = await client.patch(f"/products/{product['id']}", json={"name": "Cup"}, headers={"If-Match": 'W/"2"'})
        assert data_of(tagged)["product"]["rev"] == 3
        refused(await client.request("DELETE", f"/products/{product['id']}", headers={"If-Match": '"2"'}), 409, "products.outdated")
        assert data_of(await client.delete(f"/products/{product['id']}"))["product"]["name"] == "Cup"
        refused(await client.get(f"/products/{product['id']}"), 404, "not_found")


async def test_refusals(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    user = await add_person(Role.USER)
    async with visit() as nobody, signed_in(admin.email) as client, signed_in(user.email) as plain:
        product = data_of(await client.post("/products", json=PRODUCT), 201)["product"]
        path = f"/products/{product['id']}"
        answer = await nobody.get("/products")
        refused(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        refused(await nobody.get("/products", headers={"Authorization": "Bearer nonsense"}), 401, "unauthenticated")
        refused(await nobody.post("/products", content=b"x" * 10), 401, "unauthenticated")
        refused(await nobody.patch(path, json={}), 401, "unauthenticated")
        refused(await plain.post("/products", content=b"x" * 10), 403, "forbidden")
        refused(await plain.patch(path, json={"rev": 1}), 403, "forbidden")
        refused(await plain.get("/customers"), 403, "forbidden")
        refused(await plain.get(f"/users/{admin.id}"), 404, "not_found")
        assert data_of(await plain.get(f"/users/{user.id}"))["user"]["email"] == user.email
        refused(await client.get("/products/" + "f" * 24), 404, "not_found")
        refused(await client.get("/products/%00"), 404, "not_found")
        refused(await client.get("/products/" + "x" * 5000), 404, "not_found")
        refused(await client.get("/nothing"), 404, "not_found")
        refused(await client.get("/products/a/b/c"), 404, "not_found")
        answer = await client.put("/products", json={})
        refused(answer, 405, "method_not_allowed")
        assert set(answer.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
        refused(await client.post(path, json={}), 405, "method_not_allowed")
        refused(await client.patch(path, json={"rev": 7, "name": "x"}), 409, "products.outdated")
        error = refused(await client.post("/products", json=PRODUCT), 409, "products.duplicate")
        assert set(error["fields"]) == {"sku"}
        refused(await client.post("/products", content=b'{"name": "' + b"x" * bodies.MAX_BODY + b'"}', headers=JSON), 413, "too_large")
        refused(await client.post("/products", content=b"{}"), 415, "unsupported_media_type")
        refused(await client.post("/products", data={"name": "x"}), 415, "unsupported_media_type")
        refused(await client.post("/products", content=b"{}", headers={"Content-Type": "text/plain"}), 415, "unsupported_media_type")


async def test_input_that_is_not_valid(runtime: Runtime) -> None:
    await add_shop()
    async with signed_in((await add_person()).email) as client:
        product = data_of(await client.post("/products", json=PRODUCT), 201)["product"]
        path = f"/products/{product['id']}"
        for body in NO_JSON:
            refused(await client.post("/products", content=body, headers=JSON), 422, "invalid_json")
        for body in ([], [PRODUCT], "x", 1, None, True):
            error = refused(await client.post("/products", content=orjson.dumps(body), headers=JSON), 422, "invalid")
            assert error["fields"] == {"body": "Send a JSON object."}
        error = refused(await client.post("/products", json={"price": "x", "more": 1, "inventory": {"stock": -1}}), 422, "invalid")
        assert set(error["fields"]) == {"name", "price", "more", "inventory.stock"}
        error = refused(await client.post("/products", json={"name": "a\0b", "price": 1}), 422, "invalid")
        assert set(error["fields"]) == {"name"}
        for query, field in (("colour=red", "colour"), ("page=0", "page"), ("limit=1000", "limit"), ("page=1&page=2", "page")):
            error = refused(await client.get(f"/products?{query}"), 422, "invalid")
            assert set(error["fields"]) == {field}, query
        for method, where in (("GET", path), ("DELETE", path), ("POST", "/products"), ("GET", "/auth/me")):
            error = refused(await client.request(method, f"{where}?colour=red"), 422, "invalid")
            assert set(error["fields"]) == {"colour"}
        for rev in (None, "1", 0, -1, 1.5, True, [1], 2**31):
            body = {"name": "x"} if rev is None else {"name": "x", "rev": rev}
            error = refused(await client.patch(path, json=body), 422, "invalid")
            assert set(error["fields"]) == {"rev"}, rev
        for tag in ("*", '"x"', "", "²", '"1", "2"', '"' + "1" * 5000 + '"', '"0"'):
            answer = await client.patch(path, json={"name": "x"}, headers={"If-Match": tag.encode("latin-1")})  # pyright: ignore
            assert set(refused(answer, 422, "invalid")["fields"]) == {"rev"}, tag
        assert data_of(await client.get(path))["product"] == product


async def test_a_body_that_is_deep_wide_or_long_is_read(sqlite_runtime: Runtime) -> None:
    """What is refused afterwards is the product, not the JSON."""
    await add_shop()
    async with signed_in((await add_person()).email) as client:
        numbers = b'{"price": 0.' + b"1" * 5000 + b', "stock": ' + b"9" * 300 + b"}"
        wide = orjson.dumps([{"a": 1, "b": {"a": 1}}] * 20_000)
        for body in (
            b"[" * 32 + b"]" * 32,
            b'{"a":' * 31 + b"[1]" + b"}" * 31,
            numbers,
            wide,
            b'{"a": "NaN", "b": "{\\"a\\":1,\\"a\\":2}"}',
        ):
            refused(await client.post("/products", content=body, headers=JSON), 422, "invalid")


async def test_text_is_stored_as_it_was_typed(runtime: Runtime) -> None:
    await add_shop()
    name = "<script>alert('1')</script> & \"Mugs\" 5 < 6; DROP TABLE -- \N{TEACUP WITHOUT HANDLE} e\u0301"
    async with signed_in((await add_person()).email) as client:
        made = data_of(await client.post("/products", json={**PRODUCT, "name": name}), 201)["product"]
        assert made["name"] == name
        answer = await client.get(f"/products/{made['id']}")
        assert data_of(answer)["product"]["name"] == name
        assert answer.headers["content-type"] == "application/json"
        assert [row["name"] for row in data_of(await client.get("/products", params={"search": "<script>alert('1')"}))["products"]] == [
            name
        ]


async def test_a_body_where_none_belongs_is_not_looked_at(sqlite_runtime: Runtime) -> None:
    await add_shop()
    async with signed_in((await add_person()).email) as client:
        product = data_of(await client.post("/products", json=PRODUCT), 201)["product"]
        path = f"/products/{product['id']}"
        assert data_of(await client.request("GET", path, content=b"{nonsense", headers=JSON))["product"] == product
        assert (
            data_of(await client.request("DELETE", path, content=b'{"rev": 99, "rev": 98}', headers=JSON))["product"]["id"] == product["id"]
        )


async def test_a_body_that_is_too_large_is_heard_out_for_a_while_and_never_kept(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 50 * bodies.MAX_BODY:
            sent += 65536
            yield b"x" * 65536

    async with signed_in(admin.email) as client:
        refused(await client.post("/products", content=endless(), headers=JSON), 413, "too_large")
        # Who still sends when the connection closes would never read the answer.
        assert bodies.MAX_BODY < sent <= bodies.HEARD_OUT + 4 * 65536
        for length in ("9" * 20, "9" * 5000):
            answer = await client.post("/products", content=endless(), headers={**JSON, "Content-Length": length})
            refused(answer, 413, "too_large")


async def test_a_write_with_a_cookie_needs_our_own_origin(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with signed_in(admin.email) as client:
        cookie = {"Cookie": f"mewayz_session={client.cookies['mewayz_session']}"}
        token = data_of(await client.get("/auth/me"))["user"]["id"]
        assert token == admin.id
    async with visit(**cookie) as bare:
        assert data_of(await bare.get("/products"))["products"] == []
        refused(await bare.post("/products", json=PRODUCT), 403, "csrf")
        for origin in ("http://evil.example", "null", f"{ORIGIN}.evil.example", "http://test.example:8080", "//test.example", ""):
            refused(await bare.post("/products", json=PRODUCT, headers={"Origin": origin}), 403, "csrf")
            refused(await bare.delete("/products/x", headers={"Origin": origin}), 403, "csrf")
        assert data_of(await bare.post("/products", json=PRODUCT, headers={"Origin": ORIGIN}), 201)
        assert data_of(await bare.post("/products", json={**PRODUCT, "sku": "2"}, headers={"Origin": "http://localhost:3000"}), 201)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:3000", True),
        ("localhost:8080", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("192.168.1.20:3000", True),  # another machine of the network
        ("[fd00::7]:3000", True),
        ("test.example:8080", True),  # named in the settings
        ("evil.example:3000", False),  # pointed here by DNS
        ("192.168.1.20.evil.example", False),
        ("localhost.evil.example:3000", False),
        ("", False),
        ("[", False),
    ],
)
async def test_in_development_a_name_must_be_ours(sqlite_runtime: Runtime, host: str, known: bool) -> None:
    assert same_origin(Headers({"host": host, "origin": f"http://{host}"})) is known
    assert not same_origin(Headers({"host": host, "origin": "http://evil.example"}))


async def test_nobody_is_set_up_by_a_page_of_another_name(sqlite_runtime: Runtime) -> None:
    async with visit(Host="evil.example:3000", Origin="http://evil.example:3000") as client:
        error = refused(await client.post("/setup", json=SETUP), 403, "csrf")
        assert "MEWAYZ_PUBLIC_URL" in error["message"]
    async with visit(Host="192.168.1.20:3000", Origin="http://192.168.1.20:3000") as client:
        data_of(await client.post("/setup", json=SETUP), 201)


async def test_production_takes_its_own_address_only(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(
        update={"env": "production", "public_url": "https://shop.example", "allowed_origins": ()}
    )
    async with visit(Origin="https://shop.example") as client:
        answer = await client.post("/auth/login", json={"email": admin.email, "password": "Correct-Horse-1"})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-mewayz_session=")
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        value = cookie.partition(";")[0]
        client.cookies.clear()
        for origin, status in (("https://shop.example", 201), (ORIGIN, 403), ("http://shop.example", 403), ("http://localhost:3000", 403)):
            headers = {"Cookie": value, "Origin": origin}
            answer = await client.post("/products", json={**PRODUCT, "sku": origin}, headers=headers)
            assert answer.status_code == status, origin


async def test_a_bearer_token_needs_no_origin(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with visit() as client:
        login = await client.post("/auth/login", json={"email": admin.email, "password": "Correct-Horse-1"})
        client.cookies.clear()
        bearer = {"Authorization": f"Bearer {data_of(login)['token']}", "Origin": "http://evil.example"}
        assert data_of(await client.post("/products", json=PRODUCT, headers=bearer), 201)
        refused(
            await client.post("/products", json=PRODUCT, headers={"Authorization": f"Basic {data_of(login)['token']}"}),
            401,
            "unauthenticated",
        )


async def test_head_is_get_without_more_rights(sqlite_runtime: Runtime) -> None:
    await add_shop()
    async with signed_in((await add_person()).email) as client, visit() as nobody:
        got, head = await client.get("/products"), await client.head("/products")
        assert (head.status_code, head.headers["content-length"]) == (200, got.headers["content-length"])
        assert (await nobody.head("/products")).status_code == 401


async def test_a_request_id_is_kept_when_it_is_harmless(sqlite_runtime: Runtime) -> None:
    async with visit() as client:
        for given, kept in (("abc-123", True), ("x" * 64, True), ("", False), ("a b", False), ("<script>", False), ("a\tb", False)):
            answer = await client.get("/products", headers={"X-Request-Id": given})
            refused(answer, 401, "unauthenticated")
            assert (answer.headers["x-request-id"] == given) == kept
        assert len((await client.get("/products", headers={"X-Request-Id": "y" * 500})).headers["x-request-id"]) <= 64


@pytest.mark.parametrize("path", ["/products/a%0Ab", "/nowhere%0A", "/%0D%0A"])
async def test_an_address_with_a_line_break_is_answered_like_any_other(sqlite_runtime: Runtime, path: str) -> None:
    async with visit() as client:
        assert refused(await client.get(path), *((401, "unauthenticated") if "products" in path else (404, "not_found")))["requestId"]


async def test_options_tells_of_the_methods_of_its_own_path(sqlite_runtime: Runtime) -> None:
    async with visit() as client:
        answer = await client.options("/imports/files")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def app_of(*endpoints: Endpoint) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Starlette(routes=[api(endpoints)]))
    return httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}{BASE}")


def endpoint(error: Exception) -> Endpoint:
    async def handler(call: Call) -> Any:
        raise error

    return Endpoint(method="GET", path="/broken", handler=handler, summary="Break", tag="x", policy=PUBLIC)


async def test_an_unknown_failure_is_opaque_and_logged_with_its_id(sqlite_runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    async with app_of(endpoint(RuntimeError("the password is hunter2"))) as client:
        with caplog.at_level(logging.ERROR, "mewayz"):
            answer = await client.get("/broken", headers={"X-Request-Id": "find-me"})
    error = refused(answer, 500, "error")
    assert "find-me" in error["message"]
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "find-me" in caplog.text


async def test_known_failures_carry_what_a_client_needs(sqlite_runtime: Runtime) -> None:
    async with app_of(endpoint(RateLimited(retry_after=17))) as client:
        answer = await client.get("/broken")
        refused(answer, 429, "rate_limited")
        assert answer.headers["retry-after"] == "17"
    async with app_of(endpoint(DatabaseDown())) as client:
        answer = await client.get("/broken")
        refused(answer, 503, "database.unavailable")
        assert "retry-after" not in answer.headers
    async with app_of(endpoint(BrokenOff())) as client:
        answer = await client.get("/broken")
        refused(answer, 503, "database.unavailable")
        assert answer.headers["retry-after"] == "1"


async def test_an_answer_without_a_json_form_is_a_failure_too(sqlite_runtime: Runtime) -> None:
    async def handler(call: Call) -> Any:
        return {"value": object()}

    async with app_of(Endpoint(method="GET", path="/broken", handler=handler, summary="x", tag="x", policy=PUBLIC)) as client:
        refused(await client.get("/broken"), 500, "error")


def request_with(*headers: tuple[str, str], client: tuple[str, int] | None = ("192.0.2.1", 1)) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "client": client, "query_string": b""})


ADDRESSES = (
    (0, ["203.0.113.9"], "192.0.2.1"),
    (1, [], "192.0.2.1"),
    (1, ["203.0.113.9"], "203.0.113.9"),
    (1, ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
    (1, ["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
    (2, ["198.51.100.1, 203.0.113.9", "10.0.0.1"], "203.0.113.9"),
    (3, ["203.0.113.9"], "192.0.2.1"),
    (1, ["x" * 5000], "x" * 100),
    (1, ["203.0.113.9:50123"], "203.0.113.9"),
    (1, ["[2001:db8::9]:50123"], "2001:db8::9"),
    (1, ["[2001:db8::9]"], "2001:db8::9"),
    (1, ["2001:db8::9"], "2001:db8::9"),
    (1, ["::1"], "::1"),
)


async def test_an_address_is_believed_as_far_as_proxies_are_trusted(sqlite_runtime: Runtime) -> None:
    for hops, forwarded, address in ADDRESSES:
        sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"trusted_proxy_hops": hops})
        assert client_address(request_with(*(("X-Forwarded-For", line) for line in forwarded))) == address


def test_the_revision_in_the_body_wins_over_the_header() -> None:
    call = Call(None, request_with(("If-Match", '"5"')))  # pyright: ignore[reportArgumentType]
    assert rev_of(call, {"rev": 3, "a": 1}) == ({"a": 1}, 3)
    assert rev_of(call, {"a": 1}) == ({"a": 1}, 5)


# Limits -----------------------------------------------------------------------------------------------------------------


def limited(runtime: Runtime, **limits: int) -> None:
    """Settings in which these limits are as low."""
    changes = {f"rate_limit_{name}": amount for name, amount in limits.items()}
    runtime.settings = runtime.settings.model_copy(update=changes)


def told(answer: httpx.Response) -> tuple[int, int]:
    """The limit that an answer tells of, and what is left."""
    assert 0 < int(answer.headers["ratelimit-reset"]) <= 900
    return int(answer.headers["ratelimit-limit"]), int(answer.headers["ratelimit-remaining"])


async def test_who_has_not_signed_in_is_told_what_is_left_and_then_refused(runtime: Runtime) -> None:
    limited(runtime, anonymous=4)
    async with visit() as client:
        # A token that is none makes nobody somebody.
        sent: list[dict[str, str]] = [
            {},
            {"Authorization": "Bearer nonsense"},
            {"Cookie": "mewayz_session=x"},
            {"Authorization": "Basic x"},
        ]
        for number, headers in enumerate(sent, 1):
            answer = await client.get("/products", headers=headers)
            refused(answer, 401, "unauthenticated")
            assert told(answer) == (4, 4 - number)
        for method in ("GET", "POST", "DELETE"):
            answer = await client.request(method, "/products/x" if method == "DELETE" else "/products", headers=sent[1])
            error = refused(answer, 429, "rate_limited")
            assert "Wait 15 minutes" in error["message"]
            assert told(answer) == (4, 0)
            assert answer.headers["retry-after"] == answer.headers["ratelimit-reset"]


async def test_many_at_once_are_not_more_than_the_limit(runtime: Runtime) -> None:
    limited(runtime, anonymous=5)
    async with visit() as client:
        answers = await asyncio.gather(*(client.get("/products") for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 45


async def test_success_tells_what_is_left_only_to_who_has_not_signed_in(sqlite_runtime: Runtime) -> None:
    async def handler(call: Call) -> Any:
        return {}

    async with app_of(Endpoint(method="GET", path="/open", handler=handler, summary="x", tag="x", policy=PUBLIC)) as client:
        assert told(await client.get("/open")) == (100, 99)
    await add_shop()
    async with signed_in((await add_person()).email) as client:
        assert not any(name.startswith("ratelimit") for name in (await client.get("/products")).headers)


async def test_signed_in_people_have_a_limit_of_their_own(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin, user = await add_person(), await add_person(Role.USER)
    async with signed_in(admin.email) as one, signed_in(user.email) as two, visit() as nobody:
        limited(sqlite_runtime, signed_in=3, anonymous=1000)
        found = [(await one.get("/products")).status_code for _ in range(5)]
        assert found == [200, 200, 200, 429, 429]
        assert told(await one.get("/products")) == (3, 0)
        assert (await two.get("/products")).status_code == 200
        refused(await nobody.get("/products"), 401, "unauthenticated")


async def test_addresses_count_apart_and_networks_of_one_customer_together(sqlite_runtime: Runtime) -> None:
    limited(sqlite_runtime, anonymous=1)
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"trusted_proxy_hops": 1})
    addresses = ("203.0.113.9", "203.0.113.8", "::ffff:203.0.113.9", "2001:db8:1:2::1", "2001:db8:1:2:9:9:9:9", "2001:db8:1:3::1")
    async with visit() as client:
        answers = [await client.get("/products", headers={"X-Forwarded-For": f"198.51.100.1, {address}"}) for address in addresses]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 401, 429, 401]


async def test_a_stricter_limit_is_the_one_that_an_answer_tells_of(sqlite_runtime: Runtime) -> None:
    error = RateLimited(retry_after=40, standing=Standing(5, 0, 40))
    async with app_of(endpoint(error)) as client:
        answer = await client.get("/broken")
    assert told(answer) == (5, 0)
    assert (answer.headers["retry-after"], answer.headers["ratelimit-reset"]) == ("40", "40")
    assert refused(answer, 429, "rate_limited")["message"] == "Too many attempts. Wait 40 seconds and try again."


async def test_requests_at_once_keep_their_identity(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin, user = await add_person(), await add_person(Role.USER)
    async with signed_in(admin.email) as one, signed_in(user.email) as two, visit() as nobody:
        answers = await asyncio.gather(*(client.get("/auth/me") for client in (one, two, nobody) * 10))
    found = [orjson.loads(answer.content).get("data", {}).get("user", {}).get("id") for answer in answers]
    assert found == [admin.id, user.id, None] * 10


async def test_a_refusal_is_not_longer_than_what_was_sent(sqlite_runtime: Runtime) -> None:
    async with visit() as client:
        for body in ({f"k{number}": 1 for number in range(20_000)}, {"k" * 100_000: 1}, {f"k{number}\0": 1 for number in range(20_000)}):
            error = refused(await client.post("/auth/login", json=body), 422, "invalid")
            assert 0 < len(error["fields"]) <= 50
            assert len(str(error)) < 10_000
