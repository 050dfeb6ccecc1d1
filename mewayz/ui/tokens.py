"""The names of assets/tokens.css as Tailwind's theme, and the few colours that Plotly needs as plain values.

The theme replaces Tailwind's own palette: a page that writes `bg-red-500` gets nothing, so no colour literal
can slip in.
"""

from typing import Any

from reflex_base.plugins.shared_tailwind import TailwindConfig

_COLOURS = [
    *("ground", "sunken", "raised", "fill", "hover", "pressed", "line", "line-strong", "text", "muted", "faint", "scrim", "ring"),
    *("accent", "accent-hover", "accent-soft", "accent-text", "on-accent", "series"),
    *("success", "success-soft", "success-text", "warning", "warning-soft", "warning-text"),
    *("danger", "danger-hover", "danger-soft", "danger-text"),
]


def _size(pixels: int, line: int) -> list[str]:
    return [f"{pixels / 16}rem", f"{line / 16}rem"]


THEME: dict[str, Any] = {
    "colors": {
        "transparent": "transparent",
        "current": "currentColor",
        **{name: f"var(--{name})" for name in _COLOURS},
        **{f"n{step}": f"var(--n{step})" for step in range(1, 13)},
    },
    "fontFamily": {"sans": "var(--sans)", "mono": "var(--mono)"},
    "fontSize": {
        "xs": _size(12, 16),
        "sm": _size(13, 20),
        "base": _size(14, 20),
        "lg": _size(16, 24),
        "xl": _size(20, 28),
        "2xl": _size(28, 36),
    },
    "fontWeight": {"normal": "400", "medium": "500", "semibold": "600"},
    "borderRadius": {"none": "0", "sm": "4px", "control": "var(--control)", "card": "var(--card)", "full": "999px"},
    "boxShadow": {"none": "none", "lift": "var(--lift)", "float": "var(--float)"},
    "transitionDuration": {"DEFAULT": "var(--quick)", "calm": "var(--calm)"},
    "transitionTimingFunction": {"DEFAULT": "var(--ease)"},
    "animation": {
        "appear": "appear var(--calm) var(--ease)",
        "pulse": "pulse 1.6s ease-in-out infinite",
        "spin": "spin 0.7s linear infinite",
        "expire": "expire 7s linear forwards",
    },
}

TAILWIND = TailwindConfig(theme=THEME, plugins=[])

# Plotly paints SVG attributes and cannot read custom properties or oklch(): sRGB values of the tokens above.
CHART_LIGHT = {
    "accent": "#4f46e0",
    "range": "rgba(79, 70, 224, 0.16)",
    "compare": "#8f8d88",
    "text": "#1f1d19",
    "muted": "#5c5a55",
    "grid": "#ebeae7",
    "ground": "#ffffff",
    "line": "#dfddd9",
}
CHART_DARK = {
    "accent": "#8b8cff",
    "range": "rgba(139, 140, 255, 0.22)",
    "compare": "#8f8d88",
    "text": "#f0efec",
    "muted": "#adaaa5",
    "grid": "#252422",
    "ground": "#191816",
    "line": "#3a3835",
}

# Categories, in the order of use. After Okabe & Ito (2008), reordered to start from the accent and darkened where
# the original falls below 3:1 on white; at most six, then "Other".
CATEGORIES = ("#4f46e0", "#0a7fbd", "#00936b", "#b87a00", "#c94f00", "#b45a8d")
