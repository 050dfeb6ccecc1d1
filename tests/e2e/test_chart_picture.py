"""Saving a chart as a picture: on its ground, with its title, its days and its key, under a name that says the days."""

from pathlib import Path

from PIL import Image
from playwright.async_api import Browser

import mewayz

_SCRIPT = Path(mewayz.__file__).parent.parent / "assets" / "chart.js"
_PAGE = """
<body style="background:#000;margin:0"><section style="background:rgb(25,24,22);color:rgb(240,239,236);width:300px">
<figure style="margin:0" data-title="Gross sales" data-period="1–30 Nov 2011" data-file="gross-sales-2011-11-01-2011-11-30">
<ul data-key><li><span aria-hidden="true" style="border-top:2px solid rgb(0,200,0)"></span>This period</li>
<li><span aria-hidden="true" style="border-top:2px dashed rgb(200,0,0)"></span>Previous period, which is a long name</li></ul>
<svg class="main-svg" width="300" height="100"><rect y="50" width="300" height="50" style="fill:rgb(0,0,200)"/></svg>
<svg class="main-svg" width="300" height="100"><g class="hoverlayer"><rect width="9" height="9" fill="rgb(200,200,0)"/></g></svg>
<button data-png>Save as PNG</button></figure></section></body>
"""


async def test_a_chart_is_saved_with_what_it_is(browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 800})
    page = await context.new_page()
    await page.set_content(_PAGE)
    await page.add_script_tag(path=str(_SCRIPT))
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Save as PNG").click()
    found = await waiting.value
    assert found.suggested_filename == "gross-sales-2011-11-01-2011-11-30.png"
    picture = Image.open(await found.path())
    assert picture.size[0] == (300 + 32) * 2
    assert picture.convert("RGBA").getpixel((4, 4)) == (25, 24, 22, 255), "the ground of the card"
    picture = picture.convert("RGB")
    head = picture.crop((0, 0, picture.width, picture.height - 264))
    colours = {colour for _, colour in head.getcolors(100_000) or []}
    assert {(0, 200, 0), (200, 0, 0)} <= colours, "both lines of the key"
    assert (240, 239, 236) in colours, "the title"
    assert picture.getpixel((picture.width // 2, picture.height - 40)) == (0, 0, 200), "the drawing"
    assert (200, 200, 0) not in {colour for _, colour in picture.getcolors(100_000) or []}, "not what hovers above it"
    await context.close()
