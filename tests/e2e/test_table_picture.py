"""Saving a ranking or a table as a picture: what stands in it, also beyond the edge of the screen."""

from itertools import pairwise
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page

import mewayz

_SCRIPT = Path(mewayz.__file__).parent.parent / "assets" / "chart.js"
_PAGE = """
<body style="background:#fff;margin:0"><section style="background:rgb(250,250,250);width:300px"><h2>Top products</h2>
<div style="overflow-x:auto"><table style="width:800px;border-collapse:collapse"><thead class="sr-only"><tr><th>Product</th></tr></thead>
<tbody><tr style="height:36px"><th style="position:relative;width:400px;text-align:left">
<span aria-hidden="true" style="position:absolute;left:0;top:0;height:36px;width:50%;background:rgb(0,200,0)"></span><span>Lamp</span></th>
<td style="text-align:right;background:rgb(200,0,0);outline:1px dashed rgb(0,0,200);outline-offset:-3px">100</td></tr></tbody></table></div>
<button data-table-png data-period="1–30 Nov 2011, Country is Germany">Save as PNG</button></section></body>
"""


async def _saved(page: Page) -> tuple[str, Image.Image]:
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Save as PNG").click()
    found = await waiting.value
    return found.suggested_filename, Image.open(await found.path()).convert("RGB")


async def test_a_table_is_saved_as_it_stands_there(browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 800})
    page = await context.new_page()
    await page.set_content(_PAGE)
    await page.add_script_tag(path=str(_SCRIPT))
    await page.locator("section > div").evaluate("it => { it.scrollLeft = 300 }")
    name, picture = await _saved(page)
    assert name == "Top products, 1–30 Nov 2011, Country is Germany.png"
    assert picture.width == (800 + 32) * 2, "the whole table, not what fits the screen"
    head = picture.crop((32, 32, 800, 32 + 2 * (32 + 20)))
    written = [any(sum(head.getpixel((x, y))[:3]) < 400 for x in range(head.width)) for y in range(head.height)]
    lines = sum(now and not before for before, now in pairwise([False, *written]))
    assert lines == 2, "its title, and below it of which days and filters it is"
    assert picture.getpixel((4, 4)) == (250, 250, 250), "the ground of the card"
    colours = {colour for _, colour in picture.getcolors(100_000) or []}
    assert {(0, 200, 0), (200, 0, 0), (0, 0, 200)} <= colours, "the bar, the shade of a cell, and the dashes of one that is not whole"
    assert any(sum(colour) < 150 for colour in colours), "words"
    assert await page.locator("section > div").evaluate("it => it.scrollLeft") == 300
    await context.close()
