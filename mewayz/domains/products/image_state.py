"""What the page of a product holds of its images."""

from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from mewayz.backend.runtime import current
from mewayz.domains.products.model import MAX_ALT
from mewayz.domains.products.pictures import address
from mewayz.domains.products.service import products
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say

ALT = Field("alt", "Description", help="What the image shows, for who does not see it.")


@dataclass
class Shown:
    """An image, and where its files are."""

    id: str
    alt: str
    small: str
    large: str


class ProductImages(Guarded, rx.State):
    """The images of the product that the address names, in their order."""

    product_id: str = ""
    name: str = ""
    shown: list[Shown] = []  # noqa: RUF012 (Reflex copies defaults per client)
    chosen: str = ""
    describing: bool = False
    described: str = ""
    visit: int = 0
    most: int = 0
    limit: str = ""

    @on("products:read")
    async def load(self) -> None:
        """Read them."""
        self.most = current().settings.max_file_size
        self.limit = f"{self.most / 2**20:.3g} MB"
        self.describing, self.chosen = False, ""
        async with guarded(self):
            await self._read()

    @on("products:update")
    async def added(self) -> None:
        """The browser has sent one."""
        async with guarded(self):
            before = len(self.shown)
            await self._read()
            await say(self, "Image added." if len(self.shown) > before else "This image is there already.")

    @on("products:read")
    async def choose(self, image_id: str) -> None:
        """Show one large."""
        self.chosen = image_id

    @on("products:update")
    async def put_first(self) -> None:
        """Let the one that is shown stand for the product."""
        await self._arrange(sorted(self.shown, key=lambda image: image.id != self.chosen), "Image moved to the front.")

    @on("products:update")
    async def remove(self) -> None:
        """Delete the one that is shown."""
        async with guarded(self):
            await products.remove_image(actor(), self.product_id, self.chosen)
            await say(self, "Image deleted.")
            await self._read()

    @on("products:update")
    async def describe(self, describing: bool) -> None:
        """Open the form for the text of the one that is shown, or close it."""
        self.describing = describing
        self.described = next((image.alt for image in self.shown if image.id == self.chosen), "")
        self.error, self.error_id, self.field_errors = "", "", {}
        self.visit += 1

    @on("products:update")
    async def save(self, form: dict[str, Any]) -> None:
        """Keep the text."""
        alt = str(form.get(ALT.name) or "").strip()[: MAX_ALT + 1]
        changed = [replace(image, alt=alt if image.id == self.chosen else image.alt) for image in self.shown]
        await self._arrange(changed, "Description saved.")

    async def _arrange(self, images: list[Shown], words: str) -> None:
        async with guarded(self):
            wanted = [{"id": image.id, "alt": image.alt} for image in images]
            await products.update(actor(), self.product_id, {"images": wanted})
            await say(self, words)
            self.describing = False
            await self._read()

    async def _read(self) -> None:
        asked = self.router.url.path.rstrip("/").rpartition("/")[2]
        product = await products.get(actor(), asked)
        self.product_id, self.name = product.id, product.name
        self.shown = [
            Shown(image["id"], image["alt"], address(product.id, image["id"], "small"), address(product.id, image["id"], "large"))
            for image in product.images
        ]
        if self.chosen not in {image.id for image in self.shown}:
            self.chosen = self.shown[0].id if self.shown else ""
