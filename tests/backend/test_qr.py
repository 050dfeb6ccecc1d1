"""QR codes: a camera reads back what was put in."""

import base64
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from mewayz.backend.qr import qr_data_url, qr_png

OTPAUTH = "otpauth://totp/Caf%C3%A9%20Noir:anna.smith@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Caf%C3%A9%20Noir"


def read(png: bytes, around: str | None = None) -> str:
    """What a reader sees, with the picture on a ground of this colour."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    if around:
        page = Image.new("RGB", (picture.width + 200, picture.height + 200), around)
        page.paste(picture, (100, 100))
        picture = page
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return found[0].text


@pytest.mark.parametrize("text", [OTPAUTH, "x", "Füße €", "a" * 1000])
def test_a_code_is_read_back(text: str) -> None:
    assert read(qr_png(text)) == text


@pytest.mark.parametrize("ground", ["black", "#171614", "white"])
def test_a_code_is_read_from_a_dark_page_as_well(ground: str) -> None:
    assert read(qr_png(OTPAUTH), ground) == OTPAUTH


def test_the_address_of_the_picture_is_the_picture() -> None:
    kind, _, data = qr_data_url(OTPAUTH).partition(",")
    assert kind == "data:image/png;base64"
    assert read(base64.b64decode(data, validate=True)) == OTPAUTH
