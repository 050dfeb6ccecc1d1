"""What no store can keep is refused, wherever a client may put it: PostgreSQL takes no U+0000, UTF-8 no half of a surrogate pair."""

import re
from typing import Any

import pytest

from mewayz.backend import runtime as runtimes
from mewayz.backend.access import Actor
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Role
from mewayz.backend.payloads import Payload
from mewayz.backend.rest import Endpoint
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.rooms import ENDPOINTS
from tests.domains.people import add_person, add_shop, visit
from tests.domains.products.test_images import picture

NUL = "a%00b"
TEXTS = {"application/json": b"[]", "text/csv": b"name\nMug\n", "image/png": picture()}


async def identified(monkeypatch: pytest.MonkeyPatch) -> Actor:
    """An administrator, as whom every request is answered."""
    admin = await add_person(Role.ADMIN)

    async def identify(cookie: str, authorization: str, opened_at: object) -> Actor:
        return admin

    monkeypatch.setattr(runtimes, "identity", [identify])
    return admin


def body(endpoint: Endpoint) -> dict[str, Any]:
    """What is sent, with a text that cannot be kept in every field."""
    if endpoint.takes:
        return {"content": TEXTS["image/png"], "headers": {"Content-Type": "image/png"}}
    if endpoint.rows:
        return {"content": TEXTS["text/csv"], "headers": {"Content-Type": "text/csv"}}
    payload: type[Payload] | None = endpoint.body or endpoint.payload
    return {} if payload is None else {"json": {found.alias or name: "a\0b" for name, found in payload.model_fields.items()}}


async def test_no_endpoint_breaks_on_it(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_shop()
    admin = await identified(monkeypatch)
    product = await products.create(admin, {"name": "Mug", "price": "5", "inventory": {"stock": 3}})
    customer = await customers.create(admin, {"name": "Anna"})
    order = await orders.create(admin, {"lines": [{"productId": product.id, "quantity": 1}]})
    ids = {"products": product.id, "customers": customer.id, "orders": order.id, "users": admin.id}
    async with visit(Authorization="Bearer x") as client:
        for endpoint in ENDPOINTS:
            real = re.sub(r"\{\w+\}", ids.get(endpoint.tag, "f" * 24), endpoint.path)
            names = ["alt", "fileName", "search", "sort", "cursor", "from", *endpoint.params]
            if endpoint.query is not None:
                names += [one.name for one in endpoint.query.filters]
            asked = [re.sub(r"\{\w+\}", NUL, endpoint.path), f"{real}?{NUL}=1", *(f"{real}?{name}={NUL}" for name in dict.fromkeys(names))]
            for path in asked:
                if "%00" in path:
                    answer = await client.request(endpoint.method, path, **body(endpoint))
                    assert answer.status_code < 500, f"{endpoint.method} {path}: {answer.status_code} {answer.text[:200]}"
            if sent := body(endpoint).get("json"):
                answer = await client.request(endpoint.method, real, json=sent)
                assert answer.status_code < 500, f"{endpoint.method} {real}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.parametrize("text", ["a\0b", "\0"])
async def test_it_is_said_where_it_stands(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    await add_shop()
    product = await products.create(await identified(monkeypatch), {"name": "Mug", "price": "5"})
    async with visit(Authorization="Bearer x") as client:
        for path, kind, name in ((f"/products/{product.id}/images", "image/png", "alt"), ("/products/import", "text/csv", "fileName")):
            answer = await client.post(path, params={name: text}, content=TEXTS[kind], headers={"Content-Type": kind})
            assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [name])
    assert (await products.collection.get(product.id)).images == []
    assert not (runtime.settings.upload_dir / "products" / product.id).exists()


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 201])
async def test_the_text_of_an_image_is_checked_before_anything_is_written(runtime: Runtime, text: str) -> None:
    await add_shop()
    admin = await add_person(Role.ADMIN)
    product = await products.create(admin, {"name": "Mug", "price": "5"})
    with pytest.raises(Invalid) as raised:
        await products.add_image(admin, product.id, picture(), text)
    assert list(raised.value.fields) == ["alt"]
    assert not (runtime.settings.upload_dir / "products" / product.id).exists()
