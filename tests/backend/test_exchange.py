"""Files over REST: exports are the list, imports are all or nothing, counts respect who asks."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from starlette.applications import Starlette

from mewayz.backend import runtime as runtimes
from mewayz.backend.access import ANONYMOUS, SYSTEM, Actor
from mewayz.backend.grants import Role
from mewayz.backend.resource import MAX_ROWS
from mewayz.backend.rest import BASE, api
from mewayz.backend.runtime import Runtime
from mewayz.backend.sheets import MEDIA_TYPE
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.rooms import ENDPOINTS

ACTORS = {role.value: Actor(id=f"{role.value:>024}".replace(" ", "0"), name=role.value, role=role) for role in Role}
CSV = {"Content-Type": "text/csv; charset=utf-8"}


@pytest.fixture
async def client(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The API, where the bearer token is the role; an administrator unless another is given."""

    async def identify(cookie: str, authorization: str, opened_at: object) -> Actor:
        return ACTORS.get(authorization.removeprefix("Bearer "), ANONYMOUS)

    monkeypatch.setattr(runtimes, "identity", [identify])
    app = Starlette(routes=[api(ENDPOINTS)])
    headers = {"Authorization": "Bearer admin"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://test{BASE}", headers=headers) as opened:
        yield opened


def acting(role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {role}"}


async def fill(count: int = 25) -> None:
    """Some products, of which every third is published."""
    rows: list[tuple[int, dict[str, Any]]] = [
        (line, {"name": f"Mug {line:02}", "sku": f"M{line}", "price": line, "status": "draft" if line % 3 else "published"})
        for line in range(count)
    ]
    await products.load(SYSTEM, rows)


async def test_an_export_is_the_list_without_pages(client: httpx.AsyncClient) -> None:
    await fill()
    question = {"status": "draft", "sort": "-price", "minPrice": "5"}
    listed = (await client.get("/products", params={**question, "limit": "100"})).json()["data"]["products"]
    lines = await client.get("/products/export", params={**question, "format": "jsonl"})
    assert [orjson.loads(line) for line in lines.text.splitlines()] == listed
    table = await client.get("/products/export", params=question)
    assert [row["id"] for row in csv.DictReader(io.StringIO(table.text, newline=""))] == [row["id"] for row in listed]
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"].startswith('attachment; filename="products-')
    assert table.headers["x-total-count"] == str(len(listed))
    assert table.headers["x-total-is-exact"] == "true"


async def test_an_export_has_the_columns_that_are_asked_for(client: httpx.AsyncClient) -> None:
    await fill(1)
    table = await client.get("/products/export", params={"columns": "price, inventory.stock,name"})
    assert list(csv.reader(io.StringIO(table.text, newline=""))) == [["price", "inventory.stock", "name"], ["0.00", "0", "Mug 00"]]
    lines = await client.get("/products/export", params={"columns": "inventory.stock,name", "format": "jsonl"})
    assert list(orjson.loads(lines.text)) == ["inventory", "name"]
    for question in ({"columns": "name,colour"}, {"columns": "name", "fields": "name"}):
        answer = await client.get("/products/export", params=question)
        assert answer.status_code == 422
        assert "columns" in answer.json()["error"]["fields"]


async def test_an_export_has_every_field_that_fits_a_cell_and_comes_back(client: httpx.AsyncClient) -> None:
    given = {
        "name": "Crème",
        "price": "5",
        "cost": "2",
        "compareAtPrice": "7",
        "barcode": "4006381333931",
        "description": "Two\nlines",
    }
    made = (await client.post("/products", json={**given, "tags": ["a", "b"]})).json()["data"]["product"]
    plain = await client.get("/products/export", params={"columns": "all"})
    [row] = csv.DictReader(io.StringIO(plain.text, newline=""))
    assert (row["cost"], row["compareAtPrice"], row["barcode"], row["description"], row["slug"], row["tags"]) == (
        "2.00", "7.00", "4006381333931", "Two\nlines", "creme", "a;b",
    )  # fmt: skip
    assert {"inventory.lowStockThreshold", "publishAt", "createdAt"} <= set(row)
    assert not {"rev", "demo", "variants", "images", "options"} & set(row)
    marked = await client.get("/products/export", params={"columns": "all", "bom": "true"})
    assert marked.content == b"\xef\xbb\xbf" + plain.content
    file = marked.content.decode("utf-8-sig").replace("2.00", "3.00").encode("utf-8-sig")
    told = (await client.post("/products/import", content=file, headers=CSV)).json()["data"]
    assert (told["created"], told["updated"]) == (0, 1)
    now = (await client.get(f"/products/{made['id']}")).json()["data"]["product"]
    assert {name: value for name, value in now.items() if now[name] != made[name]}.keys() == {"cost", "rev", "updatedAt"}
    whole = orjson.loads((await client.get("/products/export", params={"columns": "all", "format": "jsonl"})).content)
    assert whole["images"] == []


async def test_the_head_of_an_export_has_no_body(client: httpx.AsyncClient) -> None:
    await fill(3)
    answer = await client.head("/products/export")
    assert (answer.status_code, answer.content, answer.headers["x-total-count"]) == (200, b"", "3")


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("page=2", "page"),
        ("limit=5", "limit"),
        ("cursor=", "cursor"),
        ("format=pdf", "format"),
        ("colour=red", "colour"),
        ("status=sold", "status"),
    ],
)
async def test_an_export_refuses_what_it_does_not_know(client: httpx.AsyncClient, question: str, key: str) -> None:
    answer = await client.get(f"/products/export?{question}")
    assert answer.status_code == 422
    assert key in answer.json()["error"]["fields"]


async def test_a_person_exports_only_their_own(client: httpx.AsyncClient) -> None:
    await fill(3)
    product = (await client.get("/products?limit=1&status=published")).json()["data"]["products"][0]["id"]
    await client.patch(f"/products/{product}", json={"inventory": {"stock": 9}, "rev": 1})
    for actor in (ACTORS["user"], ACTORS["admin"]):
        await orders.create(
            SYSTEM if actor.role is Role.ADMIN else Actor(actor.id, role=Role.USER, system=True),
            {"lines": [{"productId": product, "quantity": 1}]},
        )
    everything = await client.get("/orders/export?format=jsonl")
    own = await client.get("/orders/export?format=jsonl", headers=acting("user"))
    assert (len(everything.text.splitlines()), len(own.text.splitlines())) == (2, 1)
    assert (await client.get("/products/export", headers=acting("user"))).status_code == 403
    assert (await client.get("/products/export", headers=acting("nobody"))).status_code == 401
    counts = [(await client.get("/orders/stats", headers=acting(role))).json()["data"]["stats"]["total"] for role in ("admin", "user")]
    assert counts == [2, 1]
    assert (await client.get("/customers/stats", headers=acting("user"))).status_code == 403


async def test_counts(client: httpx.AsyncClient) -> None:
    await fill(7)
    await products.create(SYSTEM, {"name": "Cup", "price": "1", "category": "Cups"})
    stats = (await client.get("/products/stats")).json()["data"]["stats"]
    assert stats == {
        "total": 8,
        "status": {"archived": 0, "draft": 4, "published": 4, "scheduled": 0},
        "category": {"Cups": 1},
    }
    assert (await client.get("/products/stats?status=draft")).status_code == 422
    empty = (await client.get("/orders/stats")).json()["data"]["stats"]
    assert (empty["total"], empty["kind"], set(empty)) == (0, {"return": 0, "sale": 0}, {"total", "kind", "status", "paymentStatus"})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/csv", "name,price,inventory.stock,tags,id\nMug,6.955,3,a;b,1\n"),
        ("application/x-ndjson", '{"name": "Mug", "price": "6.955", "inventory": {"stock": 3}, "tags": ["a", "b"], "id": "1"}\n'),
        ("application/json", '[{"name": "Mug", "price": 6.955, "inventory": {"stock": 3}, "tags": ["a", "b"], "id": "1"}]'),
    ],
)
async def test_an_import_in_every_format(client: httpx.AsyncClient, kind: str, body: str) -> None:
    trial = await client.post("/products/import?dryRun=true", content=body, headers={"Content-Type": kind})
    found = trial.json()["data"]
    assert (found["imported"], found["ignored"], found["dryRun"], found["batch"]) == (1, ["id"], True, None)
    assert (await client.get("/products")).json()["data"]["products"] == []
    answer = await client.post("/products/import", content=body, headers={"Content-Type": kind})
    found = answer.json()["data"]
    assert (found["imported"], found["created"], found["ignored"], found["dryRun"]) == (1, 1, ["id"], False)
    [row] = (await client.get("/products")).json()["data"]["products"]
    assert (row["price"], row["inventory"]["stock"], row["tags"]) == ("6.955", 3, ["a", "b"])


async def test_an_import_is_all_or_nothing(client: httpx.AsyncClient) -> None:
    await fill(1)
    body = "name,sku,price,inventory.stock\nGood,G1,1,1\nBad,B1,much,-1\n,B2,1,1\n"
    error = (await client.post("/products/import", content=body, headers=CSV)).json()["error"]
    assert set(error["fields"]) == {"line 3: price", "line 3: inventory.stock", "line 4: name"}
    assert error["code"] == "products.import"
    answer = await client.post("/products/import?mode=create", content="name,sku,price\nTwo,N1,1\nThree,N1,1\nAgain,M0,1\n", headers=CSV)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["fields"]) == {"line 3: sku", "line 4: sku"}
    assert (await client.get("/products/stats")).json()["data"]["stats"]["total"] == 1


async def test_an_import_by_whom_and_of_what(client: httpx.AsyncClient, runtime: Runtime) -> None:
    body = "name,price\nMug,1\n"
    assert (await client.post("/products/import", content=body, headers=CSV | acting("moderator"))).status_code == 403
    assert (await client.post("/products/import", content=body, headers=CSV | acting("nobody"))).status_code == 401
    assert (await client.post("/products/import", content=body)).status_code == 415
    assert (await client.post("/products/import?dryRun=maybe", content=body, headers=CSV)).status_code == 422
    assert (await client.post("/products/import?dry=true", content=body, headers=CSV)).status_code == 422
    large = await client.post("/products/import", content=b"x" * (runtime.settings.max_file_size + 1), headers=CSV)
    assert large.status_code == 413
    many = await client.post("/products/import", content="name,price\n" + "Mug,1\n" * (MAX_ROWS + 1), headers=CSV)
    assert many.json()["error"]["code"] == "file.too_many_rows"
    assert (await client.get("/products/stats")).json()["data"]["stats"]["total"] == 0


async def test_orders_are_imported_with_their_lines(client: httpx.AsyncClient) -> None:
    await products.create(SYSTEM, {"name": "Mug", "price": "2.50", "inventory": {"stock": 5}})
    product = (await client.get("/products")).json()["data"]["products"][0]["id"]
    assert "not known here" in str((await client.post("/orders/import", content="lines\n1\n", headers=CSV)).json()["error"]["fields"])
    row = {"lines": [{"productId": product, "quantity": 3}]}
    answer = await client.post("/orders/import", json=[row, row])
    assert list(answer.json()["error"]["fields"]) == ["line 2: row"]
    assert (await client.post("/orders/import", json=[row])).json()["data"]["imported"] == 1
    assert (await client.get("/orders")).json()["data"]["orders"][0]["total"] == "7.50"


async def test_an_import_over_rest_goes_through_its_whole_life(client: httpx.AsyncClient) -> None:
    await fill(1)
    body = "sku,name,price\nM0,Mug 00,7\nN1,New,1\nN2,,x\n"
    error = (await client.post("/products/import", content=body, headers=CSV)).json()["error"]
    assert set(error["fields"]) == {"line 4: name", "line 4: price"}
    found = (await client.post("/products/import?onError=skip&fileName=stock.csv", content=body, headers=CSV)).json()["data"]
    assert [found[name] for name in ("imported", "created", "updated", "unchanged", "failed")] == [2, 1, 1, 0, 1]
    assert found["problems"][0]["row"] == {"sku": "N2", "name": "", "price": "x"}
    listed = (await client.get("/imports")).json()["data"]["imports"]
    assert (listed[0]["id"], listed[0]["fileName"], listed[0]["status"]) == (found["batch"], "stock.csv", "done")
    lines = (await client.get(f"/imports/{found['batch']}/problems.csv")).text.splitlines()
    assert len(lines) == 2
    assert (await client.post(f"/imports/{found['batch']}/revert", headers=acting("moderator"))).status_code == 404
    foreseen = (await client.get(f"/imports/{found['batch']}/revert")).json()["data"]
    done = (await client.post(f"/imports/{found['batch']}/revert")).json()["data"]
    assert foreseen == done
    assert (done["deleted"], done["restored"]) == (1, 1)
    assert (await client.post(f"/imports/{found['batch']}/revert")).json()["error"]["code"] == "imports.reverted"
    [row] = (await client.get("/products")).json()["data"]["products"]
    assert row["price"] == "0.00"


async def test_a_spreadsheet_goes_out_and_comes_back(client: httpx.AsyncClient) -> None:
    await fill(3)
    answer = await client.get("/products/export?format=xlsx&fields=sku,name,price,tags,updatedAt")
    assert answer.headers["content-type"] == MEDIA_TYPE
    again = await client.post("/products/import", content=answer.content, headers={"Content-Type": MEDIA_TYPE})
    assert again.status_code == 200, again.text
    data = again.json()["data"]
    assert (data["imported"], data["unchanged"], data["ignored"]) == (0, 3, ["updatedAt"])
    broken = await client.post("/products/import", content=b"PK\x03\x04", headers={"Content-Type": MEDIA_TYPE})
    assert broken.json()["error"]["code"] == "file.broken"


@pytest.mark.parametrize("query", ["mode=replace", "onError=ask", "dateFormat=soon", "encoding=none"])
async def test_an_import_refuses_parameters_that_mean_nothing(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.post(f"/orders/import?{query}", content="number,sku,unitPrice\nA,S,1\n", headers=CSV)
    assert answer.status_code == 422
