"""How a letter looks: plain text and simple HTML, made from paragraphs and at most one button."""

import textwrap
import unicodedata
from dataclasses import dataclass
from html import escape

_BIDI_CONTROLS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says: plain text in paragraphs, and at most one button.

    Attributes:
        kind: name of the text, safe to log.
        button: label and absolute link.
    """

    kind: str
    subject: str
    paragraphs: tuple[str, ...]
    button: tuple[str, str] | None = None


def one_line(text: str) -> str:
    """`text` without what could end a header line, disturb the text around it or not be encoded."""
    kept = ("\ufffd" if unicodedata.category(c) == "Cs" else c for c in text if c not in _BIDI_CONTROLS)
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in kept).split())


def plain_form(letter: Letter, footer: str) -> str:
    """The letter as plain text."""
    # A link stays on one line: a broken one opens nothing.
    blocks = [textwrap.fill(text, 76, break_long_words=False, break_on_hyphens=False) for text in letter.paragraphs]
    if letter.button:
        label, link = letter.button
        blocks.append(f"{label}:\n{link}")
    return "\n\n".join([*blocks, f"-- \n{footer}"]) + "\n"


_STYLE = (
    "@media (prefers-color-scheme: dark) {"
    " body, .card { background: #171614 !important; color: #ece9e4 !important }"
    " .quiet { color: #a8a39b !important } .quiet a { color: #a8a39b !important }"
    " .card { border-color: #37342f !important } }"
)


def html_form(letter: Letter, footer: str) -> str:
    """One column of text and one button, for readers that know inline styles only."""
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f'<meta name="color-scheme" content="light dark"><title>{escape(letter.subject)}</title><style>{_STYLE}</style></head>',
        '<body style="margin:0;padding:24px 12px;background:#f7f6f4;color:#21201c;font:16px/1.5 system-ui,sans-serif">',
        '<div class="card" style="max-width:520px;margin:0 auto;padding:28px;background:#fff;border:1px solid #e3e0da;border-radius:10px">',
        f'<h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">{escape(letter.subject)}</h1>',
        *(f'<p style="margin:0 0 16px;overflow-wrap:anywhere">{escape(text)}</p>' for text in letter.paragraphs),
    ]
    if letter.button:
        label, link = map(escape, letter.button)
        button = (
            "display:inline-block;padding:12px 20px;border-radius:6px;background:#4f46d8;color:#fff;font-weight:600;text-decoration:none"
        )
        quiet = "margin:16px 0 0;font-size:13px;color:#6b6861;overflow-wrap:anywhere"
        lines += [
            f'<p style="margin:8px 0 0"><a href="{link}" style="{button}">{label}</a></p>',
            f'<p class="quiet" style="{quiet}">If the button does not work, copy this address into your browser:<br>',
            f"{link}</p>",
        ]
    footed = '<p class="quiet" style="max-width:520px;margin:16px auto 0;font-size:13px;color:#6b6861">'
    return "\n".join([*lines, "</div>", f"{footed}{escape(footer)}</p>", "</body></html>", ""])
