"""Charts, tiles and rankings: rendering of what plot.py prepares.

Plotly's basic build is loaded after the page, and only by pages that draw a chart.
"""

from typing import Any

import reflex as rx

from mewayz.ui.base import link, plain_link
from mewayz.ui.controls import CARD, icon, skeleton
from mewayz.ui.tokens import CATEGORIES, CHART_DARK, CHART_LIGHT

_HEIGHT = "h-72"
_TOOL = "w-fit text-sm text-muted hover:text-text cursor-pointer rounded-sm py-0.5 pointer-coarse:py-3"


def _theme(colours: dict[str, str]) -> dict[str, Any]:
    font = {"family": "Inter Variable, system-ui, sans-serif", "size": 12, "color": colours["muted"]}
    line = {"shape": "linear", "width": 2}
    return {
        "layout": {
            "font": font,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [colours["accent"], *CATEGORIES[1:]],
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 6},
            "hovermode": "closest",
            "hoverdistance": -1,
            "hoverlabel": {
                "bgcolor": colours["ground"],
                "bordercolor": colours["line"],
                "align": "left",
                "font": {**font, "color": colours["text"]},
            },
            "bargap": 0.35,
            "showlegend": False,
            "dragmode": False,
            "xaxis": {
                "showgrid": False,
                "zeroline": False,
                "showline": False,
                "ticks": "",
                "automargin": True,
                "fixedrange": True,
                "nticks": 5,
                "tickangle": 0,
            },
            "yaxis": {
                "gridcolor": colours["grid"],
                "zeroline": False,
                "showline": False,
                "ticks": "",
                "automargin": True,
                "fixedrange": True,
                "nticks": 5,
                "tickformat": "~s",
            },
        },
        "data": {
            "scatter": [
                {"line": {**line, "color": colours["accent"]}},
                {"line": {**line, "width": 1.5, "color": colours["compare"], "dash": "4px,3px"}},
                {"line": {**line, "color": colours["accent"], "dash": "3px,3px"}},
                {"line": {"width": 0, "color": colours["accent"]}},
                {"line": {"width": 0, "color": colours["accent"]}, "fill": "tonexty", "fillcolor": colours["range"]},
            ],
            "bar": [{"marker": {"color": colours["accent"], "cornerradius": 3}}],
        },
    }


def chart(
    plot: Any,
    *,
    names: tuple[str, Any] = ("This period", "Previous period"),
    unit: Any = "",
    height: str = _HEIGHT,
    file: Any = None,
    about: Any = "",
    opens: bool = True,
) -> rx.Component:
    """A figure over time, its key, and the same numbers as a table.

    Args:
        plot: a `Plot` var of a state.
        names: of the accent series and of the compared one ("" when there is none; may be a var).
        unit: heading of the value column of the table; may be a var.
        height: class of the fixed height.
        file: address of its numbers as CSV.
        about: how it is computed.
        opens: whether a click on a mark leads to the list behind it.
    """
    from plotly.graph_objs import Figure  # noqa: PLC0415 (40 MB that only the build needs)
    from plotly.graph_objs.layout import Template  # noqa: PLC0415

    template = rx.color_mode_cond(
        light=rx.Var.create(_theme(CHART_LIGHT)),
        dark=rx.Var.create(_theme(CHART_DARK)),
    )
    leads: dict[str, Any] = {}
    if opens:

        def lead(points: Any) -> Any:
            href = plot.rows[points.to(list[dict[str, int]])[0]["pointIndex"]].href
            return rx.cond(href != "", rx.redirect(href), rx.noop())  # what is only expected leads nowhere

        leads["on_click"] = lead
    drawing = rx.plotly.basic(
        data=plot.figure.to(Figure),
        template=template.to(Template),  # pyright: ignore[reportAttributeAccessIssue]
        # The one button of the bar is pressed by the one below the chart (chart.js).
        config={
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": {"format": "png", "scale": 2, "filename": _or(unit, "chart")},
            "displaylogo": False,
            "responsive": True,
            "doubleClick": False,
        },
        class_name=f"w-full h-full [&_.modebar-container]:hidden {'[&_.nsewdrag]:cursor-pointer' if opens else ''}",
        style={"width": "100%", "height": "100%"},
        **leads,
    )
    return rx.el.figure(
        _key(names),
        rx.el.div(
            rx.cond(
                plot.ready,
                rx.el.div(drawing, role="img", aria_label=plot.summary, class_name="size-full"),
                skeleton("size-full opacity-50"),
            ),
            class_name=f"{height} min-w-0",
        ),
        _twin(plot, names, unit),
        rx.el.div(
            rx.el.button("Save as PNG", type="button", custom_attrs={"data-png": ""}, class_name=_TOOL),
            *([csv_link(file)] if file is not None else []),
            _if_named(about, how(about)),
            class_name="flex flex-wrap items-start gap-x-4 mt-1",
        ),
    )


def csv_link(file: Any) -> rx.Component:
    """The numbers of a chart or table as a file."""
    return plain_link("Save as CSV", href=file, download="", class_name=_TOOL)


def how(about: Any) -> rx.Component:
    """What a figure means, one click away."""
    return rx.el.details(
        rx.el.summary("How is this computed", class_name=_TOOL), rx.el.p(about, class_name="text-sm text-muted max-w-prose mt-1")
    )


def _key(names: tuple[str, Any]) -> rx.Component:
    def entry(name: Any, look: str) -> rx.Component:
        return rx.el.li(rx.el.span(class_name=f"w-4 border-t-2 {look}", aria_hidden="true"), name, class_name="flex items-center gap-2")

    compared = _if_named(names[1], entry(names[1], "border-dashed border-n9"))
    return rx.el.ul(entry(names[0], "border-series"), compared, class_name="flex gap-4 text-sm text-muted mb-3")


def _or(text: Any, otherwise: str) -> Any:
    """`text`, or `otherwise` where it is empty; it may be a var."""
    return rx.cond(text != "", text, otherwise) if isinstance(text, rx.Var) else text or otherwise


def _if_named(name: Any, content: rx.Component) -> rx.Component:
    """`content` where there is a compared series: the name is a text, or a var that may be empty."""
    return rx.cond(rx.Var.create(name) != "", content)


def _twin(plot: Any, names: tuple[str, Any], unit: Any) -> rx.Component:
    def line(row: Any) -> rx.Component:
        label = rx.cond(
            row.href != "",
            link(
                row.label,
                to=row.href,
                class_name="text-accent-text hover:underline rounded-sm pointer-coarse:inline-block pointer-coarse:py-2.5",
            ),
            row.label,
        )
        return rx.el.tr(
            rx.el.th(label, scope="row", class_name="text-left font-normal py-1 pr-2"),
            rx.el.td(row.value, class_name="text-right tabular-nums py-1 px-2"),
            _if_named(names[1], rx.el.td(row.before, class_name="text-right tabular-nums py-1 px-2 text-muted")),
            key=row.label,
        )

    def head(name: Any) -> rx.Component:
        return _if_named(name, rx.el.th(name, scope="col", class_name="text-right font-medium px-2"))

    heads = [head(name) for name in names]
    table = rx.el.table(
        rx.el.thead(rx.el.tr(rx.el.th("Period", scope="col", class_name="text-left font-medium"), *heads)),
        rx.el.tbody(rx.foreach(plot.rows, line)),
        aria_label=_or(unit, "Numbers of the chart"),
        class_name="w-full text-sm",
    )
    return rx.el.details(
        rx.el.summary("Show as table", class_name="w-fit text-sm text-muted hover:text-text cursor-pointer rounded-sm pointer-coarse:py-3"),
        rx.el.div(table, class_name="max-h-72 overflow-y-auto mt-2", tab_index=0, role="region", aria_label="Numbers of the chart"),
        class_name="mt-2",
    )


def _sparkline(points: Any) -> rx.Component:
    line = rx.el.svg(
        rx.el.path(d=points, custom_attrs={"vectorEffect": "non-scaling-stroke"}),
        view_box="0 0 100 28",
        custom_attrs={"preserveAspectRatio": "none", "aria-hidden": "true"},
        class_name="w-full h-7 fill-none stroke-series [stroke-width:1.5] [stroke-linejoin:round]",
    )
    return rx.cond(points != "", line, rx.el.div(class_name="h-7"))


def _tile(item: Any) -> rx.Component:
    arrow = rx.match(
        item.trend,
        ("up", rx.fragment(icon("arrow-up", class_name="size-3.5"), rx.el.span("up ", class_name="sr-only"))),
        ("down", rx.fragment(icon("arrow-down", class_name="size-3.5"), rx.el.span("down ", class_name="sr-only"))),
        icon("minus", class_name="size-3.5"),
    )
    look = "inline-flex items-center gap-0.5 font-medium tabular-nums "
    colour = rx.match(item.trend, ("flat", look + "text-muted"), rx.cond(item.good, look + "text-success-text", look + "text-danger-text"))
    return link(
        rx.el.div(item.label, class_name="text-muted sm:truncate"),
        rx.el.div(item.value, class_name="text-xl sm:text-2xl font-semibold tabular-nums tracking-tight mt-1 truncate"),
        rx.el.div(
            rx.cond(item.change != "", rx.el.span(arrow, item.change, class_name=colour)),
            rx.el.span(item.against, class_name="text-muted truncate"),
            class_name="flex flex-wrap items-center gap-x-1.5 text-sm min-h-5",
        ),
        rx.el.div(_sparkline(item.spark), class_name="mt-auto pt-3"),
        to=item.href,
        key=item.label,
        class_name=f"{CARD} flex flex-col min-w-0 p-4 hover:border-line-strong transition-colors",
    )


def tiles(items: Any, ready: Any, *, expected: Any = ("1", "2", "3", "4")) -> rx.Component:
    """A row of tiles; each whole tile is a link to where its number comes from.

    Args:
        items: a list of `Tile` in a state.
        ready: whether they have arrived.
        expected: a text for each placeholder that stands there before; may be a var.
    """
    waiting = rx.el.div(
        skeleton("h-3.5 w-24"),
        skeleton("h-7 w-32 mt-3"),
        skeleton("h-3.5 w-28 mt-2.5"),
        class_name=f"{CARD} p-4 h-[166px] sm:h-[154px]",
        aria_hidden="true",
    )
    before = rx.fragment(rx.foreach(rx.Var.create(expected), lambda key: rx.el.div(waiting, key=key)))
    return rx.el.div(
        rx.cond(ready, rx.foreach(items, _tile), before),
        class_name="grid grid-cols-2 xl:grid-cols-4 gap-3 sm:gap-4",
    )


def bars(items: Any, ready: Any, *, heading: str, unit: str, nothing: str = "Nothing in this period.") -> rx.Component:
    """A ranking as a table whose rows carry their share as a bar.

    Args:
        items: a list of `Bar` in a state.
        ready: whether they have arrived.
        heading: of the first column.
        unit: of the second.
        nothing: what stands there when the list is empty.
    """

    def line(item: Any) -> rx.Component:
        text = rx.cond(
            item.href != "",
            link(
                item.label,
                to=item.href,
                class_name="block truncate hover:text-accent-text rounded-sm pointer-coarse:py-3 pointer-coarse:-my-1.5",
            ),
            item.label,
        )
        fill = rx.el.span(
            class_name="absolute inset-y-0.5 left-0 rounded-sm bg-accent-soft", style={"width": item.share}, aria_hidden="true"
        )
        return rx.el.tr(
            rx.el.th(
                rx.el.div(fill, rx.el.span(text, class_name="relative block truncate px-2 py-1.5"), class_name="relative"),
                scope="row",
                class_name="w-full max-w-0 text-left font-normal",
            ),
            rx.el.td(item.value, class_name="pl-4 text-right tabular-nums whitespace-nowrap"),
            key=item.label,
            class_name="h-9 pointer-coarse:h-11",
        )

    table = rx.el.table(
        rx.el.thead(rx.el.tr(rx.el.th(heading, scope="col"), rx.el.th(unit, scope="col")), class_name="sr-only"),
        rx.el.tbody(rx.foreach(items, line)),
        class_name="w-full",
    )
    waiting = rx.el.div(*[skeleton("h-6 w-full") for _ in range(5)], class_name="space-y-3 py-1.5", aria_hidden="true")
    return rx.cond(ready, rx.cond(items.length() == 0, rx.el.p(nothing, class_name="text-muted py-6"), table), waiting)
