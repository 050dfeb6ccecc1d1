"""The font of the pictures in letters has every sign by which a region writes numbers and days."""

from datetime import date
from decimal import Decimal

from PIL import ImageFont

from mewayz.backend.regions import language_of, regions
from mewayz.domains.analytics.picture import drawable
from mewayz.ui.words import Locale


def _pixels(font: ImageFont.FreeTypeFont, sign: str) -> bytes:
    return bytes(font.getmask(sign))


def test_no_region_is_written_with_boxes() -> None:
    font = ImageFont.load_default(size=22)
    assert isinstance(font, ImageFont.FreeTypeFont)
    box = _pixels(font, "\N{NO-BREAK SPACE}")
    assert box == _pixels(font, "\U00012000"), "what the font does not have is a box"
    for region in regions():
        words = Locale(language=language_of(region))
        first, last = date(2011, 11, 5), date(2011, 12, 30)
        said = [
            words.number(Decimal("-1234567.5")),
            words.percent(0.1234),
            words.days(first, last),
            words.days(first, date(2011, 11, 9)),
            words.day(last),
        ]
        for sign in {*drawable("".join(said))} - {" "}:
            assert _pixels(font, sign) != box, (region, sign, said)
