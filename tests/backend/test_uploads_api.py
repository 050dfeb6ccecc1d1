"""The file of an import on its way in over REST: for whom, how large, and as what."""

from pathlib import Path

import pytest

from mewayz.backend import passwords, runtime
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.service import auth
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in, visit

BINARY = {"Content-Type": "application/octet-stream"}
PATH = "/imports/files?noun=products&fileName=stock.csv"


@pytest.fixture(autouse=True)
async def people(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(runtime, "identity", [auth.identify])
    await add_shop()
    for role in (Role.ADMIN, Role.ENTERPRISE, Role.MODERATOR):
        await add_person(role)


def waiting(opened: Runtime) -> list[Path]:
    return list((opened.settings.data_dir / "waiting").glob("*/*"))


async def test_a_file_waits(sqlite_runtime: Runtime) -> None:
    async with signed_in("admin@example.com") as client:
        upload = data_of(await client.post(PATH, content=b"sku\nM-1\n", headers=BINARY), 201)["upload"]
    assert (upload["noun"], upload["name"]) == ("products", "stock.csv")
    [folder] = waiting(sqlite_runtime)
    assert folder.name == upload["id"]
    assert (folder / "file").read_bytes() == b"sku\nM-1\n"


async def test_what_is_not_taken_leaves_nothing(sqlite_runtime: Runtime) -> None:
    async with visit() as client:
        refused(await client.post(PATH, content=b"a", headers=BINARY), 401, "unauthenticated")
    async with signed_in("moderator@example.com") as client:
        refused(await client.post(PATH, content=b"a", headers=BINARY), 403, "forbidden")
    async with signed_in("enterprise@example.com") as client:
        refused(await client.post(PATH.replace("products", "users"), content=b"a", headers=BINARY), 403, "forbidden")
        refused(await client.post(PATH.replace("products", "planets"), content=b"a", headers=BINARY), 422, "invalid")
        refused(await client.post(f"{PATH}&colour=red", content=b"a", headers=BINARY), 422, "invalid")
        refused(await client.post(PATH, content=b"a", headers={"Content-Type": "text/csv"}), 415, "unsupported_media_type")
        refused(await client.post(PATH, content=b"", headers=BINARY), 422, "file.broken")
        too_much = b"a" * (sqlite_runtime.settings.max_file_size + 1)
        refused(await client.post(PATH, content=too_much, headers=BINARY), 413, "too_large")
        refused(await client.post(PATH, content=b"a", headers={**BINARY, "Origin": "https://elsewhere.example"}), 403, "csrf")
    assert waiting(sqlite_runtime) == []
