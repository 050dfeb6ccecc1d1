"""Images: what is no picture stays out, what is one comes in without anything but its pixels, and goes with its product."""

import asyncio
import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from mewayz.backend.access import Actor
from mewayz.backend.errors import Conflict, Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime, current
from mewayz.domains.products.model import MAX_IMAGES, Product, products_collection
from mewayz.domains.products.pictures import BadImage, read_picture
from mewayz.domains.products.service import products
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in

SELLER = Actor("a" * 24, "Seller", "seller@example.com", Role.ENTERPRISE)
BUYER = Actor("b" * 24, "Buyer", "buyer@example.com", Role.USER)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def picture(colour: Any = "red", size: tuple[int, int] = (60, 40), kind: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, colour).save(data, kind, **options)
    return data.getvalue()


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG whose head promises this size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def mug() -> Product:
    return await products.create(SELLER, {"name": "Mug", "price": "2.50"})


def files() -> set[str]:
    return {path.name for path in (current().settings.upload_dir / "products").rglob("*.webp")}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_every_kind_becomes_webp_in_two_sizes(kind: str) -> None:
    found = await read_picture(picture("red", (2000, 1000), kind))
    sizes = {name: Image.open(io.BytesIO(data)) for name, data in found.files.items()}
    assert {name: (one.format, one.size) for name, one in sizes.items()} == {
        "large": ("WEBP", (1600, 800)),
        "small": ("WEBP", (320, 160)),
    }
    assert (found.width, found.height) == (1600, 800)


async def test_small_pictures_stay_small_and_transparent_ones_transparent() -> None:
    found = await read_picture(picture((255, 0, 0, 0), (10, 5), mode="RGBA"))
    written = Image.open(io.BytesIO(found.files["small"]))
    assert (written.size, written.mode) == ((10, 5), "RGBA")
    grey = await read_picture(picture(7, mode="L"))
    assert Image.open(io.BytesIO(grey.files["large"])).mode == "RGB"


async def test_nothing_but_the_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter
    exif[0x010E] = "Taken at home"
    exif.get_ifd(0x8825)[1] = "N"
    found = await read_picture(picture("red", (60, 40), "JPEG", exif=exif, comment=b"Taken at home"))
    for data in found.files.values():
        written = Image.open(io.BytesIO(data))
        assert written.size == (40, 60), "as it is meant to be seen"
        assert not written.getexif()
        assert {"exif", "xmp", "icc_profile", "comment"}.isdisjoint(written.info)
        assert b"Taken at home" not in data
    text = PngImagePlugin.PngInfo()
    text.add_itxt("Comment", "Taken at home", zip=True)
    assert (await read_picture(picture(pnginfo=text))).id == (await read_picture(picture())).id


@pytest.mark.parametrize(
    "data",
    [
        b"", b"no picture", SVG, b"<?xml version='1.0'?>" + SVG, b"%PDF-1.4", b"GIF89a",
        picture()[:60], picture(kind="JPEG")[:200], picture(kind="TIFF"),
    ],
    ids=["nothing", "text", "svg", "xml", "pdf", "gif head", "half a png", "half a jpeg", "tiff"],
)  # fmt: skip
async def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(BadImage, match="cannot be read as a picture"):
        await read_picture(data)


@pytest.mark.parametrize("size", [(60_000, 60_000), (8_000, 7_000), (2**31 - 1, 1), (200_000, 300)])
async def test_a_bomb_is_refused_before_it_goes_off(size: tuple[int, int]) -> None:
    with pytest.raises(BadImage):
        await read_picture(png(*size, b"\0" * 1_000_000))


async def test_a_comment_that_unfolds_is_refused() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "x" * 100_000_000, zip=True)
    with pytest.raises(BadImage):
        await read_picture(picture(pnginfo=text))


async def test_images_are_added_arranged_and_taken_away(runtime: Runtime) -> None:
    made = await mug()
    for colour in ("red", "green", "blue"):
        made = await products.add_image(SELLER, made.id, picture(colour), f"A {colour} mug")
    red, green, blue = (image["id"] for image in made.images)
    assert len(files()) == 6
    assert len((await products.add_image(SELLER, made.id, picture("green"))).images) == 3
    changed = await products.update(SELLER, made.id, {"images": [{"id": blue, "alt": "Blue"}, {"id": red}]}, made.rev)
    assert [(image["id"], image["alt"]) for image in changed.images] == [(blue, "Blue"), (red, "")]
    assert changed.images[0]["width"] == 60
    assert files() == {f"{one}-{size}.webp" for one in (red, blue) for size in ("large", "small")}
    for wrong in ([{"id": green}], [{"id": red}, {"id": red}], [{"id": "../../etc/passwd"}]):
        with pytest.raises(Invalid):
            await products.update(SELLER, made.id, {"images": wrong})
    await products.remove_image(SELLER, made.id, blue)
    with pytest.raises(NotFound):
        await products.remove_image(SELLER, made.id, blue)
    assert len(files()) == 2
    await products.delete(SELLER, made.id)
    assert files() == set()


async def test_there_is_an_end_to_images(runtime: Runtime) -> None:
    made = await mug()
    for number in range(MAX_IMAGES):
        await products.add_image(SELLER, made.id, picture((number * 20, 0, 0), (8, 8)))
    before = files()
    with pytest.raises(BadImage, match="at most 12 images"):
        await products.add_image(SELLER, made.id, picture("white"))
    assert files() == before, "what is refused leaves nothing behind"


async def test_a_picture_whose_record_fails_leaves_nothing(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await mug()
    there = await products.add_image(SELLER, made.id, picture("red"))
    kept, patch = files(), products_collection.patch

    async def fail(*arguments: Any, **more: Any) -> Any:
        await patch(*arguments, **more)
        raise Conflict

    with monkeypatch.context() as patched:
        patched.setattr(products_collection, "patch", fail)
        await products.add_image(SELLER, made.id, picture("red"))
        for product, colour in ((made, "blue"), (await mug(), "red")):
            with pytest.raises(Conflict):
                await products.add_image(SELLER, product.id, picture(colour))
    assert files() == kept
    assert (await products.get(SELLER, made.id)).images == there.images
    found = await asyncio.gather(*(products.add_image(SELLER, made.id, picture("green")) for _ in range(4)))
    assert {len(one.images) for one in found} == {2}
    assert len(files()) == 4


async def test_a_file_is_for_who_may_see_the_product(runtime: Runtime) -> None:
    made = await products.add_image(SELLER, (await mug()).id, picture())
    name = f"{made.images[0]['id']}-small.webp"
    assert (await products.image_file(BUYER, made.id, name))[8:12] == b"WEBP"
    await products.update(SELLER, made.id, {"status": "draft"})
    assert await products.image_file(SELLER, made.id, name)
    for actor, product_id, wanted in ((BUYER, made.id, name), (SELLER, made.id, "../secret.key"), (SELLER, (await mug()).id, name)):
        with pytest.raises(NotFound):
            await products.image_file(actor, product_id, wanted)
    for refused_call in (products.add_image(BUYER, made.id, picture()), products.remove_image(BUYER, made.id, made.images[0]["id"])):
        with pytest.raises(Forbidden):
            await refused_call


async def test_images_over_rest(runtime: Runtime) -> None:
    await add_shop()
    admin, user = await add_person(Role.ADMIN), await add_person(Role.USER)
    made = await mug()
    path = f"/products/{made.id}/images"

    def body(data: bytes, kind: str = "image/png") -> dict[str, Any]:
        return {"content": data, "headers": {"Content-Type": kind}}

    async with signed_in(admin.email) as client:
        answer = await client.post(path, params={"alt": " A red mug "}, **body(picture()))
        [image] = data_of(answer, 201)["product"]["images"]
        assert (image["alt"], image["width"], image["height"]) == ("A red mug", 60, 40)
        found = await client.get(f"{path}/{image['id']}-large.webp")
        assert (found.status_code, found.headers["content-type"], found.content[:4]) == (200, "image/webp", b"RIFF")
        assert "immutable" in found.headers["cache-control"]
        assert "private" in found.headers["cache-control"]
        assert found.headers["x-content-type-options"] == "nosniff"
        refused(await client.post(path, **body(SVG, "image/svg+xml")), 415, "unsupported_media_type")
        refused(await client.post(path, **body(picture(), "text/html")), 415, "unsupported_media_type")
        refused(await client.post(path, **body(SVG)), 422, "products.bad_image")
        told = refused(await client.post(path, **body(b"\0" * (runtime.settings.max_file_size + 1))), 413, "too_large")
        assert told["message"] == "This is too large: at most 5 MB are taken here."
        refused(await client.post(path, params={"alt": "x" * 201}, **body(picture())), 422, "invalid")
        refused(await client.post(path, params={"name": "x"}, **body(picture())), 422, "invalid")
        refused(await client.get(f"{path}/..%2F..%2Fmewayz.db"), 404, "not_found")
        refused(await client.get(f"{path}/{image['id']}-huge.webp"), 404, "not_found")
        refused(await client.post(f"/products/{'f' * 24}/images", **body(picture())), 404, "not_found")
        async with signed_in(user.email) as buyer:
            assert (await buyer.get(f"{path}/{image['id']}-small.webp")).status_code == 200
            refused(await buyer.post(path, **body(picture())), 403, "forbidden")
            refused(await buyer.delete(f"{path}/{image['id']}"), 403, "forbidden")
        assert data_of(await client.delete(f"{path}/{image['id']}"))["product"]["images"] == []
        refused(await client.get(f"{path}/{image['id']}-large.webp"), 404, "not_found")
    assert files() == set()
