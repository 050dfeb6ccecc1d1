"""The images of products: the document names them in their order, the upload folder holds their files.

A file is kept under the id of its product and the hash of its content. It is written while the product is held, and goes after the commit
that takes its image away, or when the commit that was to name it fails.
"""

import asyncio
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mewayz.backend.access import Actor, allow
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import Invalid, MewayzError, NotFound
from mewayz.backend.ids import is_id
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import current
from mewayz.backend.unit import Unit, unit
from mewayz.domains.products.model import MAX_IMAGES, ImageChange, ImageText, Product
from mewayz.domains.products.pictures import SIZES, BadImage, Picture, file_name, keep, read_picture
from mewayz.domains.products.variants import without_image


class Images(CrudService[Product]):
    """The verbs of images."""

    @allow("update")
    async def add_image(self, actor: Actor, document_id: str, data: bytes, alt: str = "") -> Product:
        """Put a picture behind the others; one that is there already keeps its place.

        Raises:
            NotFound. BadImage: the file is no picture, or there are too many. Invalid: the text is too long.
        """
        alt = parse(ImageText, {"alt": alt}).alt
        restriction = self._restriction(actor, "update")
        await self.collection.get(document_id, restriction)
        picture = await read_picture(data)
        try:
            async with unit():
                before = await self.collection.get(document_id, restriction, lock=True)
                there = any(image["id"] == picture.id for image in before.images)
                if not there and len(before.images) >= MAX_IMAGES:
                    raise BadImage(f"A product has at most {MAX_IMAGES} images. Delete one first.")
                await asyncio.to_thread(keep, _folder(document_id), picture)
                if there:
                    return before
                new = {"id": picture.id, "alt": alt, "width": picture.width, "height": picture.height}
                _, after = await self.collection.patch(document_id, {"images": [*before.images, new]})
        except BaseException:
            await self._drop_unnamed(document_id, picture)
            raise
        return after

    async def _drop_unnamed(self, document_id: str, picture: Picture) -> None:
        """Delete the files of a picture that did not come to be an image, unless it is one by somebody else's doing."""
        with suppress(MewayzError):
            async with unit():
                try:
                    named = (await self.collection.get(document_id, lock=True)).images
                except NotFound:
                    named = []
                if all(image["id"] != picture.id for image in named):
                    await asyncio.to_thread(_drop, _folder(document_id), [file_name(picture.id, size) for size in SIZES])
                if not named:
                    with suppress(OSError):
                        _folder(document_id).rmdir()

    @allow("update")
    async def remove_image(self, actor: Actor, document_id: str, image_id: str) -> Product:
        """Take an image away.

        Raises:
            NotFound: the product, or the image.
        """
        async with unit() as opened:
            before = await self.collection.get(document_id, self._restriction(actor, "update"), lock=True)
            kept = [image for image in before.images if image["id"] != image_id]
            if len(kept) == len(before.images):
                raise NotFound
            changes = {"images": kept, "variants": without_image(before.variants, {image["id"] for image in kept})}
            _, after = await self.collection.patch(document_id, changes)
            drop_files(opened, before, after)
        return after

    @allow("read")
    async def image_file(self, actor: Actor, document_id: str, name: str) -> bytes:
        """A file of an image, for who may see the product.

        Raises:
            NotFound.
        """
        product = await self.get(actor, document_id)
        if name not in {file_name(image["id"], size) for image in product.images for size in SIZES}:
            raise NotFound
        try:
            return await asyncio.to_thread((_folder(product.id) / name).read_bytes)
        except FileNotFoundError:
            raise NotFound from None


def arranged(before: Product, wanted: list[ImageChange]) -> list[dict[str, Any]]:
    """The images of a product in their new order, with their new texts.

    Raises:
        Invalid: one is not there, or is named twice.
    """
    known = {image["id"]: image for image in before.images}
    found: dict[str, dict[str, Any]] = {}
    for index, change in enumerate(wanted):
        if change.id not in known or change.id in found:
            raise Invalid(fields={f"images.{index}.id": "Name images that the product has, each once. New ones are uploaded."})
        found[change.id] = {**known[change.id], "alt": change.alt}
    return list(found.values())


def drop_files(opened: Unit, before: Product, after: Product | None) -> None:
    """Delete the files of the images that `before` has and `after` has not, once that is committed."""
    staying = {image["id"] for image in after.images} if after else set[str]()
    gone = [file_name(image["id"], size) for image in before.images if image["id"] not in staying for size in SIZES]
    if not gone:
        return
    folder = _folder(before.id)

    async def drop() -> None:
        await asyncio.to_thread(_drop, folder, gone)
        if after is None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    opened.after_commit(drop)


def _drop(folder: Path, names: Iterable[str]) -> None:
    """Delete files, and what was to become them."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
        (folder / f".{name}").unlink(missing_ok=True)


def _folder(product_id: str) -> Path:
    # Ids of other systems may hold anything; as the name of a folder only what is one counts.
    if not is_id(product_id):
        raise NotFound
    return current().settings.upload_dir / "products" / product_id
