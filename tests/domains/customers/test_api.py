"""REST of customers beyond their records: the paths, the envelope, the refusals."""

import pytest

from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
async def shop(runtime: Runtime) -> None:
    """A shop with somebody of two roles."""
    await add_shop()
    for role in (Role.ENTERPRISE, Role.MODERATOR):
        await add_person(role)


async def test_notes_over_rest() -> None:
    async with signed_in("enterprise@example.com") as seller, signed_in("moderator@example.com") as moderator:
        made = data_of(await seller.post("/customers", json={"name": "Anna"}), 201)["customer"]
        note = data_of(await seller.post(f"/customers/{made['id']}/notes", json={"text": "Called"}), 201)["note"]
        assert (note["text"], note["authorName"], note["customerId"]) == ("Called", "A enterprise", made["id"])
        refused(await moderator.patch(f"/customers/notes/{note['id']}", json={"text": "x", "rev": 1}), 403, "customers.others_note")
        refused(await seller.patch(f"/customers/notes/{note['id']}", json={"text": "x", "rev": 9}), 409, "customer_notes.outdated")
        assert data_of(await seller.patch(f"/customers/notes/{note['id']}", json={"text": "Met", "rev": 1}))["note"]["rev"] == 2
        page = data_of(await moderator.get(f"/customers/{made['id']}/notes?page=1"))
        assert ([one["text"] for one in page["notes"]], page["hasNextPage"]) == (["Met"], False)
        refused(await seller.get(f"/customers/{made['id']}/notes?page=0"), 422, "invalid")
        refused(await seller.get(f"/customers/{made['id']}/notes?pages=1"), 422, "invalid")
        data_of(await seller.delete(f"/customers/notes/{note['id']}"))
        refused(await seller.delete(f"/customers/notes/{note['id']}"), 404, "not_found")


async def test_segments_over_rest() -> None:
    async with signed_in("enterprise@example.com") as seller, signed_in("moderator@example.com") as moderator:
        for name, tags in (("Anna", ["vip"]), ("Bea", [])):
            data_of(await seller.post("/customers", json={"name": name, "tags": tags}), 201)
        made = data_of(await seller.post("/customers/segments", json={"name": "VIP", "query": "tag=vip"}), 201)["segment"]
        assert [one["name"] for one in data_of(await seller.get("/customers?segment=vip"))["customers"]] == ["Anna"]
        refused(await moderator.get("/customers?segment=vip"), 422, "invalid")
        data_of(await seller.patch(f"/customers/segments/{made['id']}", json={"shared": True, "rev": made["rev"]}))
        [told] = data_of(await moderator.get("/customers/segments"))["segments"]
        assert (told["slug"], told["count"], told["words"], told["editable"]) == ("vip", 1, "Tag is vip", False)
        refused(await moderator.delete(f"/customers/segments/{made['id']}"), 404, "not_found")
        exported = await seller.get("/customers/export?segment=vip&format=jsonl")
        assert (exported.status_code, exported.headers["x-total-count"], exported.text.count("\n")) == (200, "1", 1)


async def test_merging_over_rest() -> None:
    async with signed_in("enterprise@example.com") as seller, signed_in("moderator@example.com") as moderator:
        anna = data_of(await seller.post("/customers", json={"name": "Anna", "phone": "+44 20 7946 0018"}), 201)["customer"]
        twin = data_of(await seller.post("/customers", json={"name": "Anne", "phone": "+442079460018"}), 201)["customer"]
        [group] = data_of(await moderator.get("/customers/duplicates?limit=5"))["groups"]
        assert (group["reasons"], {one["id"] for one in group["customers"]}) == (["phone"], {anna["id"], twin["id"]})
        [like] = data_of(await moderator.get(f"/customers/{anna['id']}/duplicates"))["duplicates"]
        assert like["customer"]["id"] == twin["id"]
        path, body = f"/customers/{anna['id']}/merge", {"from": twin["id"]}
        refused(await moderator.post(path, json=body), 403, "forbidden")
        assert data_of(await seller.post(path, json={**body, "dryRun": True}))["merge"]["dryRun"] is True
        done = data_of(await seller.post(path, json=body))["merge"]
        refused(await seller.get(f"/customers/{twin['id']}"), 404, "not_found")
        assert [one["id"] for one in data_of(await moderator.get(f"/customers/{anna['id']}/merges"))["merges"]] == [done["id"]]
        refused(await moderator.post(f"/customers/merges/{done['id']}/undo"), 403, "forbidden")
        undone = data_of(await seller.post(f"/customers/merges/{done['id']}/undo"))["undone"]
        assert undone["restored"] == {"id": twin["id"], "name": "Anne"}
        refused(await seller.post(f"/customers/merges/{done['id']}/undo"), 409, "customers.cannot_undo")
