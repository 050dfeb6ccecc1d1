"""Pictures from outside made safe: decoded within bounds, and written anew as WebP in two sizes with nothing but their pixels."""

import asyncio
import hashlib
import io
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from mewayz.backend.errors import Invalid

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
SIZES: Mapping[str, int] = {"large": 1600, "small": 320}
"""The longest side of each size, in pixels."""
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
_MOST_PIXELS = 50_000_000
_QUALITY = 82
# One at a time: a decoded picture of the most pixels takes 200 MB.
_worker = ThreadPoolExecutor(1, thread_name_prefix="pictures")


class BadImage(Invalid):
    """The file is no picture that can be shown, or one too many."""

    code = "products.bad_image"
    default_message = "This file cannot be read as a picture. Send a JPEG, PNG, WebP, GIF or AVIF file."


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in all sizes. `id` names its content."""

    id: str
    width: int
    height: int
    files: Mapping[str, bytes]


async def read_picture(data: bytes) -> Picture:
    """The picture in a file.

    Raises:
        BadImage: it is none, is damaged, or has too many pixels.
    """
    return await asyncio.get_running_loop().run_in_executor(_worker, _read, data)


def _read(data: bytes) -> Picture:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as source:
                return _written(source)
    except BadImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # decoders of damaged files raise whatever they happen to run into
        raise BadImage from None


def _too_many_pixels() -> BadImage:
    return BadImage(f"This picture has more than {_MOST_PIXELS // 1_000_000} million pixels. Make it smaller and send it again.")


def _written(source: Image.Image) -> Picture:
    if source.width * source.height > _MOST_PIXELS:
        raise _too_many_pixels()
    # A JPEG can be decoded at a fraction of its size, which takes a fraction of the memory.
    source.draft("RGB", (SIZES["large"], SIZES["large"]))
    upright = ImageOps.exif_transpose(source)
    see_through = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    pixels = upright.convert("RGBA" if see_through else "RGB")
    pixels.info.clear()  # no place, no camera, no comment
    files: dict[str, bytes] = {}
    width = height = 0
    for name, side in SIZES.items():
        pixels.thumbnail((side, side), Image.Resampling.LANCZOS)
        if not files:
            width, height = pixels.size
        written = io.BytesIO()
        pixels.save(written, "WEBP", quality=_QUALITY, exif=b"", icc_profile=b"", xmp=b"")
        files[name] = written.getvalue()
    return Picture(hashlib.sha256(files["large"]).hexdigest()[:32], width, height, files)


def keep(folder: Path, picture: Picture) -> None:
    """Write the files of a picture: each is whole before it has its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for size, data in picture.files.items():
        target = folder / file_name(picture.id, size)
        draft = target.with_name(f".{target.name}")
        draft.write_bytes(data)
        draft.replace(target)


def address(product_id: str, image_id: str, size: str) -> str:
    """Where a browser gets a file of an image."""
    return f"/api/v1/products/{product_id}/images/{file_name(image_id, size)}"


def file_name(picture_id: str, size: str) -> str:
    """The name of a file, which says its content: it never changes."""
    return f"{picture_id}-{size}.webp"
