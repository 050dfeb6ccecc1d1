"""The description says what the API does: checked against real requests and answers, not against itself."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette

from mewayz.backend import limits
from mewayz.backend import runtime as runtimes
from mewayz.backend.access import ANONYMOUS, SYSTEM, Actor
from mewayz.backend.grants import GRANTS, Role
from mewayz.backend.openapi import describe, description_routes
from mewayz.backend.reference import render
from mewayz.backend.rest import BASE, api
from mewayz.backend.runtime import Runtime, current
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.domains.users.service import users
from mewayz.rooms import ENDPOINTS, SERVICES

ADMIN = Actor(id="a" * 24, name="Ada", role=Role.ADMIN)
DOCUMENT = orjson.loads(orjson.dumps(describe(ENDPOINTS)))
OPERATIONS = [(path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()]


def whole(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a pointer."""
    while "$ref" in schema:
        found: Any = DOCUMENT
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def misfits(schema: Mapping[str, Any], value: Any, place: str = "") -> Iterator[str]:
    """Where a value is not what its schema says: the keywords that this description uses."""
    schema = whole(schema)
    if "anyOf" in schema:
        if all(list(misfits(part, value, place)) for part in schema["anyOf"]):
            yield f"{place}: none of the alternatives"
        return
    kinds = {
        "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float),
    }  # fmt: skip
    allowed = schema.get("type", [])
    allowed = [allowed] if isinstance(allowed, str) else allowed
    if allowed and not any(isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool)) for kind in allowed):
        yield f"{place}: {value!r} is not {allowed}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{place}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is not in {schema['enum']}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value!r} does not match {schema['pattern']}"
    if isinstance(value, str) and schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
        yield f"{place}: {value!r} is no time"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        yield from (f"{place}.{name}: missing" for name in schema.get("required", ()) if name not in value)
        for name, inner in value.items():
            if name in properties:
                yield from misfits(properties[name], inner, f"{place}.{name}")
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from misfits(schema["additionalProperties"], inner, f"{place}.{name}")
            elif properties and not schema.get("additionalProperties"):
                yield f"{place}.{name}: not described"
    if isinstance(value, list) and "items" in schema:
        for index, inner in enumerate(value):
            yield from misfits(schema["items"], inner, f"{place}[{index}]")


@pytest.fixture
async def client(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The API and its description, asked by an administrator."""

    async def identify(cookie: str, authorization: str, opened_at: object) -> Actor:
        return ADMIN if authorization else ANONYMOUS

    monkeypatch.setattr(runtimes, "identity", [identify])
    app = Starlette(routes=[api(ENDPOINTS), *description_routes(ENDPOINTS)])
    headers = {"Authorization": "Bearer x"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers) as opened:
        yield opened


async def fill() -> dict[str, str]:
    """One record of every noun; returns their ids by noun."""
    product = await products.create(SYSTEM, {"name": "Mug", "price": "2.5", "sku": "M", "tags": ["a"], "inventory": {"stock": 5}})
    customer = await customers.create(SYSTEM, {"name": "Anna", "email": "a@example.com", "address": {"country": "France"}})
    order = await orders.create(SYSTEM, {"customerId": customer.id, "lines": [{"productId": product.id, "quantity": 2}]})
    user = await users.create(SYSTEM, {"name": "Grace Hopper", "email": "g@example.com", "password": "Compiled-Tide-9"})
    loaded = await products.load(SYSTEM, [(2, {"name": "Cup", "price": "1", "options": [{"name": "Size", "values": ["S", "L"]}]})])
    return {"products": product.id, "customers": customer.id, "orders": order.id, "users": user.id, "imports": loaded.batch or ""}


def test_the_form_of_the_document() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for path, method, operation in OPERATIONS:
        assert path.startswith("/")
        assert method in {"get", "post", "patch", "put", "delete"}
        assert set(operation["tags"]) <= tags
        assert operation["summary"]
        assert any(status.startswith(("2", "3")) for status in operation["responses"])
        values = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
        assert values == re.findall(r"{(\w+)}", path)
        keys = [(p["name"], p["in"]) for p in operation["parameters"]]
        assert len(keys) == len(set(keys))
        assert method != "get" or "requestBody" not in operation
    for found in re.findall(r'"\$ref":"#/([^"]+)"', orjson.dumps(DOCUMENT).decode()):
        assert whole({"$ref": f"#/{found}"})


def test_every_endpoint_is_described_with_what_it_demands() -> None:
    assert {(path, method.upper()) for path, method, _ in OPERATIONS} == {(e.path, e.method) for e in ENDPOINTS}
    for endpoint in ENDPOINTS:
        operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
        assert bool(operation["security"]) is not endpoint.policy.public
        if permission := endpoint.policy.permission:
            for role, grants in GRANTS.items():
                assert (f"{role} (" in operation["description"]) is (permission in grants)


async def test_every_answer_is_as_described(client: httpx.AsyncClient) -> None:
    ids = await fill()
    asked = 0
    for path, method, operation in OPERATIONS:
        if (
            method != "get"
            or path in {"/auth/me", "/auth/2fa", "/auth/resume"}
            or path.endswith(("/export", "/{image}", "/invoice", ".csv"))
        ):
            continue
        noun = path.split("/")[1]
        answer = await client.get(BASE + path.replace("{id}", ids.get(noun, "")))
        assert answer.status_code == 200, (path, answer.text)
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert list(misfits(schema, answer.json())) == [], path
        asked += 1
    assert asked >= 3 * len(SERVICES)


async def test_every_failure_is_as_described(client: httpx.AsyncClient) -> None:
    for path, method, operation in OPERATIONS:
        if operation["security"]:
            await current().limits.clear(limits.ANONYMOUS, limits.address_subject("127.0.0.1"))
            answer = await client.request(method, BASE + path.replace("{id}", "none"), headers={"Authorization": ""})
            schema = whole(operation["responses"][str(answer.status_code)])["content"]["application/json"]["schema"]
            assert answer.status_code == 401, path
            assert list(misfits(schema, answer.json())) == []
    missing = await client.get(f"{BASE}/products/none")
    assert str(missing.status_code) in DOCUMENT["paths"]["/products/{id}"]["get"]["responses"]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.noun)
async def test_every_described_parameter_is_taken(client: httpx.AsyncClient, service: Any) -> None:
    samples = {"page": "1", "limit": "3", "search": "a", "order": "asc", "fields": "id", "from": "2020-01-01", "to": "2020-02-01"}
    for path in (f"/{service.noun}", f"/{service.noun}/export"):
        for parameter in DOCUMENT["paths"][path]["get"]["parameters"]:
            name, schema = parameter["name"], parameter["schema"]
            if name == "cursor":
                continue
            values = schema.get("enum") or schema.get("examples") or [samples.get(name, "a")]
            for value in values:
                answer = await client.get(BASE + path, params={name: value})
                assert answer.status_code == 200, (path, name, value, answer.text)
        refused = await client.get(BASE + path, params={"unheard": "1"})
        assert refused.status_code == 422


async def test_every_described_body_is_taken(client: httpx.AsyncClient) -> None:
    ids = await fill()
    examples: dict[str, Any] = {
        "/products": {"name": "Pen", "price": "1.25"},
        "/customers": {"name": "Berta"},
        "/users": {"name": "Alan Turing", "email": "alan@example.com", "password": "Compiled-Tide-9"},
        "/orders": {"lines": [{"productId": ids["products"], "quantity": 1}]},
    }
    for path, body in examples.items():
        operation = DOCUMENT["paths"][path]["post"]
        assert list(misfits(operation["requestBody"]["content"]["application/json"]["schema"], body)) == []
        answer = await client.post(BASE + path, json=body)
        assert answer.status_code == 201, answer.text
        assert list(misfits(operation["responses"]["201"]["content"]["application/json"]["schema"], answer.json())) == []
        [document] = answer.json()["data"].values()
        changing = DOCUMENT["paths"][f"{path}/{{id}}"]["patch"]
        change = {"rev": document["rev"], "status": document.get("status")}
        assert list(misfits(changing["requestBody"]["content"]["application/json"]["schema"], change)) == []
        changed = await client.patch(f"{BASE}{path}/{document['id']}", json=change)
        assert list(misfits(changing["responses"]["200"]["content"]["application/json"]["schema"], changed.json())) == []


def test_money_times_and_secrets() -> None:
    product = DOCUMENT["components"]["schemas"]["Product"]["properties"]
    assert product["price"]["type"] == "string"
    assert product["compareAtPrice"]["type"] == ["string", "null"]
    assert product["createdAt"]["format"] == "date-time"
    assert set(product["inventory"]["properties"]) == {"stock", "lowStockThreshold", "trackInventory", "allowBackorders"}
    assert product["status"]["enum"] == ["draft", "published", "scheduled", "archived"]
    assert product["variants"]["items"]["properties"]["values"] == {"type": "array", "items": {"type": "string"}}
    assert "lines" not in DOCUMENT["components"]["schemas"]["OrderRow"]["properties"]
    assert "passwordHash" not in orjson.dumps(DOCUMENT).decode()


async def test_the_description_is_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/openapi.json", headers={"Authorization": ""})
    assert answer.json() == DOCUMENT
    again = await client.get("/api/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


class _Page(HTMLParser):
    """What a browser would load, run and jump to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_the_page_needs_no_script_and_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/docs")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = _Page()
    page.feed(answer.text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "style", "iframe", "img"}
    assert not any(name.startswith("on") or name == "style" for _, attributes in page.tags for name in attributes)
    targets = [attributes.get("href") or "" for tag, attributes in page.tags if tag in {"a", "link"}]
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert all(target.startswith("/") or target.removeprefix("#") in ids for target in targets)
    for path, method, operation in OPERATIONS:
        assert operation["operationId"] in ids
        assert f"{method.upper()} {BASE}{path} {operation['summary']}" in re.sub(r"\s+", " ", page.text)
    assert (await client.get("/api/docs.css")).headers["content-type"].startswith("text/css")


def test_the_page_escapes_what_it_shows() -> None:
    document = orjson.loads(orjson.dumps(DOCUMENT))
    document["paths"]["/products"]["get"]["summary"] = "<script>alert(1)</script>"
    document["components"]["schemas"]["ProductCreate"]["properties"]["name"]["description"] = "<img src=x>"
    html = render(document)
    assert "<script" not in html
    assert "<img" not in html
