"""A sheet as a letter: text, and HTML with its charts as pictures inside the letter, each with its numbers as a table below."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape

from mewayz.backend.stationery import one_line
from mewayz.domains.analytics.picture import HEIGHT, WIDTH, png
from mewayz.domains.analytics.sheet import Figure, Grid, Part, Ranked, Sheet
from mewayz.domains.analytics.sheet_page import heads_of
from mewayz.ui.glance import Tile

_STYLE = (
    "@media (prefers-color-scheme: dark) {"
    " body, .card { background: #171614 !important; color: #ece9e4 !important }"
    " .quiet, .quiet a { color: #a8a39b !important } .card, td, th { border-color: #37342f !important } }"
)
_QUIET = "font-size:13px;color:#6b6861"
_CELL = "padding:5px 0 5px 12px;border-bottom:1px solid #e3e0da;text-align:right;font-weight:400;font-variant-numeric:tabular-nums"
_FIRST = "padding:5px 0;border-bottom:1px solid #e3e0da;text-align:left;font-weight:400;overflow-wrap:anywhere"
_BUTTON = "display:inline-block;padding:12px 20px;border-radius:6px;background:#4f46d8;color:#fff;font-weight:600;text-decoration:none"


@dataclass(frozen=True)
class Ways:
    """Where the letter leads: to the page, and out of the report where there is one to leave."""

    page: str
    stop: str = ""


async def fill(message: EmailMessage, sheet: Sheet, title: str, shop_name: str, ways: Ways) -> None:
    """Put the sheet into a mail that has its head."""
    figures = [part for part in sheet.parts if isinstance(part, Figure) and part.curves.labels]
    pictures = {id(part): await asyncio.to_thread(png, part, sheet.words) for part in figures}
    names = {key: f"chart{number}" for number, key in enumerate(pictures, 1)}
    message.set_content(_plain(sheet, title, shop_name, ways), cte="8bit")
    message.add_alternative(_html(sheet, title, shop_name, ways, names), subtype="html", cte="quoted-printable")
    body = message.get_body(("html",))
    assert isinstance(body, EmailMessage)
    for key, picture in pictures.items():
        name = names[key]
        body.add_related(picture, "image", "png", cid=f"<{name}>", disposition="inline", filename=f"{name}.png")
    if ways.stop:
        message["List-Unsubscribe"] = f"<{ways.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058


def _told(sheet: Sheet) -> str:
    return " · ".join(filter(None, (sheet.told, sheet.narrowed)))


def _change(tile: Tile) -> str:
    if not tile.change:
        return tile.against
    return f"{ {'up': 'up ', 'down': 'down '}.get(tile.trend, '') }{tile.change} {tile.against}"


def _lines(part: Part) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Heads and rows of a part."""
    match part:
        case Figure():
            return heads_of(part), list(part.rows)
        case Ranked():
            return (part.heading, part.unit), [(bar.label, bar.value) for bar in part.bars]
        case Grid():
            return part.heads, list(part.rows)


def _plain(sheet: Sheet, title: str, shop_name: str, ways: Ways) -> str:
    blocks = [f"{title}\n{one_line(shop_name)} · {_told(sheet)}"]
    blocks += ["\n".join(one_line(f"{tile.label}: {tile.value} {_change(tile)}") for tile in sheet.tiles)] if sheet.tiles else []
    for part in sheet.parts:
        heads, rows = _lines(part)
        lines = [" | ".join(map(one_line, row)) for row in ([heads] if any(heads) else []) + rows]
        blocks.append("\n".join([part.title, *(lines if rows else ["Nothing in this period."])]))
    blocks += [f"Open the dashboard:\n{ways.page}", *([f"-- \nStop these letters:\n{ways.stop}"] if ways.stop else [])]
    return "\n\n".join(blocks) + "\n"


def _html(sheet: Sheet, title: str, shop_name: str, ways: Ways, names: dict[int, str]) -> str:
    card = "max-width:600px;margin:0 auto;padding:24px 20px;background:#fff;border:1px solid #e3e0da;border-radius:10px"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title><style>{_STYLE}</style></head>',
            '<body style="margin:0;padding:24px 12px;background:#f7f6f4;color:#21201c;font:14px/1.45 system-ui,sans-serif">',
            f'<div class="card" style="{card}">',
            f'<h1 style="margin:0;font-size:20px;line-height:1.3">{escape(title)}</h1>',
            f'<p class="quiet" style="margin:2px 0 16px;{_QUIET}">{escape(one_line(shop_name))} · {escape(_told(sheet))}</p>',
            _tiles(sheet.tiles),
            *(_part(part, names) for part in sheet.parts),
            f'<p style="margin:24px 0 0"><a href="{escape(ways.page)}" style="{_BUTTON}">Open the dashboard</a></p>',
            "</div>",
            _footer(ways),
            "</body></html>",
            "",
        ]
    )


def _footer(ways: Ways) -> str:
    stop = f'<a href="{escape(ways.stop)}" style="color:#6b6861">Stop these letters</a>' if ways.stop else ""
    words = f"You get this report because you, or an administrator of the shop for you, asked for it. {stop}"
    return f'<p class="quiet" style="max-width:600px;margin:16px auto 0;{_QUIET}">{words}</p>'


def _tiles(tiles: Sequence[Tile]) -> str:
    look = "width:50%;padding:10px 12px;border:1px solid #e3e0da;vertical-align:top"
    cells = [
        f'<td class="card" style="{look}"><div class="quiet" style="{_QUIET}">{escape(tile.label)}</div>'
        f'<div style="font-size:20px;font-weight:600">{escape(tile.value)}</div>'
        f'<div style="font-size:13px">{escape(_change(tile))}</div></td>'
        for tile in tiles
    ]
    rows = ["".join(cells[start : start + 2]) for start in range(0, len(cells), 2)]
    return f'<table role="presentation" style="width:100%;border-collapse:collapse">{"".join(f"<tr>{row}</tr>" for row in rows)}</table>'


def _part(part: Part, names: dict[int, str]) -> str:
    heads, rows = _lines(part)
    picture = ""
    if isinstance(part, Figure) and id(part) in names:
        label = escape(f"{part.title} as a line; the numbers follow as a table", quote=True)
        picture = (
            f'<img src="cid:{names[id(part)]}" width="{WIDTH}" height="{HEIGHT}" alt="{label}" '
            'style="display:block;width:100%;max-width:560px;height:auto;margin:0 0 8px">'
        )
    shares = [bar.share for bar in part.bars] if isinstance(part, Ranked) else []
    looks = [_FIRST, *[_CELL] * (len(heads) - 1)]
    named = [f'<th scope="col" class="quiet" style="{look};{_QUIET}">{escape(one)}</th>' for look, one in zip(looks, heads, strict=True)]
    head = "".join(named)
    lines = [_line(row, shares[number] if shares else "") for number, row in enumerate(rows)]
    content = (
        f'<table style="width:100%;border-collapse:collapse;font-size:13px">'
        f"{f'<thead><tr>{head}</tr></thead>' if any(heads) else ''}<tbody>{''.join(lines)}</tbody></table>"
        if rows
        else f'<p class="quiet" style="margin:0;{_QUIET}">Nothing in this period.</p>'
    )
    return f'<h2 style="margin:24px 0 8px;font-size:15px">{escape(part.title)}</h2>{picture}{content}'


def _line(row: Sequence[str], share: str) -> str:
    first, *rest = row
    bar = f'<div style="height:4px;width:{share};background:#8f89ec;font-size:0;line-height:0">&nbsp;</div>' if share else ""
    cells = "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in rest)
    return f'<tr><th scope="row" style="{_FIRST}">{escape(first)}{bar}</th>{cells}</tr>'
