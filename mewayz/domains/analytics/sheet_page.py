"""A sheet as a page of HTML: no script, nothing that it loads, nowhere that it leads."""

import hashlib
from base64 import b64encode
from collections.abc import Collection, Sequence
from datetime import datetime
from html import escape

from mewayz.domains.analytics.drawing import chart
from mewayz.domains.analytics.sheet import Figure, Grid, Part, Ranked, Sheet
from mewayz.ui.glance import Tile
from mewayz.ui.words import Locale

_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --raised: #fff; --line: #e3e0da; --text: #21201c; --muted: #5c5a55; --accent: #4f46e0;
  --soft: #ecebfd; --compare: #8f8d88; --good: #1c6b41; --bad: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ground: #151412; --raised: #1c1b19; --line: #37342f; --text: #f0efec; --muted: #adaaa5;
  --accent: #8b8cff; --soft: #2c2b52; --good: #7fd3a4; --bad: #ff9d94 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 14px/20px system-ui, sans-serif }
main { max-width: 1100px; margin: 0 auto; padding: 24px 16px 48px }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0 }
h2 { font-size: 14px; font-weight: 600; margin: 0 0 12px }
p { margin: 2px 0 0; overflow-wrap: anywhere }
.quiet { color: var(--muted) } .narrowed { font-weight: 600 }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 12px; margin: 20px 0 0; padding: 0 }
.tiles li { list-style: none }
.tiles li, section { background: var(--raised); border: 1px solid var(--line); border-radius: 10px; padding: 16px; min-width: 0 }
.value { font-size: 20px; line-height: 28px; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
.good { color: var(--good) } .bad { color: var(--bad) }
.parts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; margin-top: 16px }
.wide { grid-column: 1 / -1 }
.chart { display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: 8px }
.ticks, .days { display: flex; justify-content: space-between; color: var(--muted); font-size: 12px; line-height: 16px }
.ticks { flex-direction: column; text-align: right; margin: -8px 0; font-variant-numeric: tabular-nums }
.days { grid-column: 2; margin-top: 8px; gap: 8px }
.drawing { height: 220px } .chart svg { display: block; width: 100%; height: 100%; overflow: visible }
path { fill: none; vector-effect: non-scaling-stroke }
.line { stroke: var(--accent); stroke-width: 2; stroke-linejoin: round } .tail { stroke-dasharray: 4 3 }
.bar { fill: var(--accent) } .band { fill: var(--soft); stroke: none }
.compared { stroke: var(--compare); stroke-width: 1.5; stroke-dasharray: 4 3 } .grid { stroke: var(--line); stroke-width: 1 }
.key { display: flex; gap: 16px; margin: 0 0 12px; padding: 0; list-style: none; color: var(--muted); font-size: 13px }
.scroll { overflow-x: auto } details .scroll { max-height: 320px; overflow-y: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: 5px 0 5px 12px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line) }
th { font-weight: 400 } thead th { color: var(--muted); font-size: 12px; font-weight: 500 }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere }
thead th { white-space: normal } th:first-child { min-width: 8em }
.dashed { text-decoration: underline dashed var(--accent); text-underline-offset: 4px }
.share { width: 30%; padding-left: 12px } .share svg { display: block; width: 100%; height: 12px }
summary { cursor: pointer; color: var(--muted); margin-top: 12px; padding: 4px 0; width: fit-content }
button { margin-top: 16px; min-height: 44px; padding: 0 20px; border: 0; border-radius: 6px; background: #4f46d8; color: #fff;
  font: inherit; font-weight: 600; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
@media (max-width: 700px) { .parts { grid-template-columns: minmax(0, 1fr) } .tiles { grid-template-columns: 1fr 1fr }
  .tiles li { padding: 12px } .value { font-size: 17px } }
@media (pointer: coarse) { summary { padding: 12px 0 } }
@media print {
  :root { color-scheme: light; --ground: #fff; --raised: #fff; --line: #d8d5cf; --text: #000; --muted: #444; --accent: #4f46e0;
    --soft: #ecebfd }
  main { max-width: none; padding: 0 } section, .tiles li { break-inside: avoid }
  details .scroll { max-height: none } ::details-content { content-visibility: visible; display: block }
}
"""
_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of the page: its own style, and nothing else."""


def document(title: str, *content: str) -> str:
    """A page around `content`, which is HTML."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f'<meta name="robots" content="noindex, nofollow"><title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>',
            *content,
            "</main></body></html>",
            "",
        ]
    )


def sheet_page(sheet: Sheet, shop_name: str, until: datetime) -> str:
    """The page of a link, whatever people have typed in it as text."""
    words = sheet.words
    about = f"Read-only, with the figures as they are now. This link works until {words.date(until)}."
    return document(
        f"{': '.join(filter(None, (sheet.title, sheet.narrowed)))} · {shop_name}",
        f"<header><h1>{escape(sheet.title)}</h1>",
        f"<p>{escape(shop_name)} · {escape(sheet.told)}</p>",
        f'<p class="narrowed">{escape(sheet.narrowed)}</p>' if sheet.narrowed else "",
        f'<p class="quiet">{escape(about)}</p></header>',
        f'<ul class="tiles">{"".join(map(_tile, sheet.tiles))}</ul>' if sheet.tiles else "",
        f'<div class="parts">{"".join(_part(part, words) for part in sheet.parts)}</div>',
    )


def ended_page(title: str, why: str) -> str:
    """A page that says why there is nothing to see."""
    return document(title, f"<h1>{escape(title)}</h1>", f'<p class="quiet">{escape(why)}</p>')


def _tile(tile: Tile) -> str:
    change = ""
    if tile.change:
        arrow, look = {"up": ("↑ up", "good"), "down": ("↓ down", "good"), "flat": ("±", "quiet")}[tile.trend]
        look = look if tile.good or tile.trend == "flat" else "bad"
        change = f'<span class="{look}">{arrow} {escape(tile.change)}</span> '
    against = f'<span class="quiet">{escape(tile.against)}</span>'
    return (
        f'<li><div class="quiet">{escape(tile.label)}</div><div class="value">{escape(tile.value)}</div><div>{change}{against}</div></li>'
    )


def _part(part: Part, words: Locale) -> str:
    match part:
        case Figure():
            return _figure(part, words)
        case Ranked():
            return _ranked(part)
        case Grid():
            wide = "wide" if len(part.heads) > 3 else ""
            return _section(part.title, _scrolled(table(part.heads, part.rows, part.dashed), part.title), part.about, wide)


def _section(title: str, content: str, about: str = "", look: str = "") -> str:
    told = f'<p class="quiet">{escape(about)}</p>' if about else ""
    return f'<section class="{look}"><h2>{escape(title)}</h2>{content}{told}</section>'


def _scrolled(content: str, label: str) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{content}</div>'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], dashed: Collection[tuple[int, int]] = ()) -> str:
    """A table whose first column names the rows."""

    def cell(text: str, row: int, column: int) -> str:
        look = ' class="dashed"' if (row, column) in dashed else ""
        return f"<td{look}>{escape(text)}</td>"

    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    lines = [
        f'<tr><th scope="row">{escape(first)}</th>{"".join(cell(text, number, column) for column, text in enumerate(rest, 1))}</tr>'
        for number, (first, *rest) in enumerate(rows)
    ]
    if not lines:
        return '<p class="quiet">Nothing in this period.</p>'
    return f"<table>{f'<thead><tr>{head}</tr></thead>' if any(heads) else ''}<tbody>{''.join(lines)}</tbody></table>"


def _figure(figure: Figure, words: Locale) -> str:
    key = f'<ul class="key"><li>— This period</li><li>- - {escape(figure.compared)}</li></ul>' if figure.compared else ""
    twin = _scrolled(table(heads_of(figure), figure.rows), f"{figure.title} as a table")
    content = f"{key}{chart(figure, words)}<details><summary>Show as table</summary>{twin}</details>"
    return _section(figure.title, content, figure.about, "wide")


def heads_of(figure: Figure) -> list[str]:
    """The headings of its twin."""
    return ["Period", figure.title, *([figure.compared] if figure.compared else [])]


def _ranked(part: Ranked) -> str:
    lines = [
        f'<tr><th scope="row">{escape(bar.label)}</th><td class="share" aria-hidden="true"><svg viewBox="0 0 100 12" '
        f'preserveAspectRatio="none"><rect class="bar" width="{bar.share.removesuffix("%")}" height="12"/></svg></td>'
        f"<td>{escape(bar.value)}</td></tr>"
        for bar in part.bars
    ]
    if not lines:
        return _section(part.title, '<p class="quiet">Nothing in this period.</p>')
    head = f'<tr><th scope="col">{escape(part.heading)}</th><td class="share"></td><th scope="col">{escape(part.unit)}</th></tr>'
    return _section(part.title, f"<table><thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>")
