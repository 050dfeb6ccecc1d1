"""QR codes as pictures: dark on white with a quiet zone, so that a camera reads them from a dark page too."""

import base64
from io import BytesIO

from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.main import QRCode

_PIXELS = 6  # per module: a code of 50 modules is 350 pixels wide, which sharp screens need
_QUIET_ZONE = 4  # modules, ISO/IEC 18004


def qr_png(text: str) -> bytes:
    """The QR code of `text` as a PNG."""
    code = QRCode(error_correction=ERROR_CORRECT_M, box_size=_PIXELS, border=_QUIET_ZONE, image_factory=PilImage)
    code.add_data(text)
    code.make(fit=True)
    picture = BytesIO()
    code.make_image(fill_color="black", back_color="white").save(picture, format="PNG")
    return picture.getvalue()


def qr_data_url(text: str) -> str:
    """The QR code of `text` as the `src` of an image."""
    return "data:image/png;base64," + base64.b64encode(qr_png(text)).decode()
