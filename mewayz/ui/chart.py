"""Charts: rendering of what plot.py prepares.

Plotly's basic build is loaded after the page, and only by pages that draw a chart.
"""

from typing import Any

import reflex as rx

from mewayz.ui.base import link
from mewayz.ui.controls import skeleton
from mewayz.ui.figure_tools import TOOL, csv_link, how
from mewayz.ui.tokens import CATEGORIES, CHART_DARK, CHART_LIGHT

_HEIGHT = "h-72"


def _theme(colours: dict[str, str]) -> dict[str, Any]:
    font = {"family": "Inter Variable, system-ui, sans-serif", "size": 12, "color": colours["muted"]}

    def drawn(colour: str, **line: Any) -> dict[str, Any]:
        # Plotly takes dots of several sizes for bubbles, which would shine through.
        dot = {"color": colour, "opacity": 1, "line": {"width": 0}}
        return {"line": {"shape": "linear", "color": colour, **line}, "marker": dot}

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
                drawn(colours["accent"], width=2),
                drawn(colours["compare"], width=1.5, dash="4px,3px"),
                drawn(colours["accent"], width=2, dash="3px,3px"),
                drawn(colours["accent"], width=0),
                {**drawn(colours["accent"], width=0), "fill": "tonexty", "fillcolor": colours["range"]},
            ],
            "bar": [{"marker": {"color": colours[name], "cornerradius": 3}} for name in ("accent", "compare")],
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
    expected: tuple[str, str, str] | None = None,
    nothing: Any = "Nothing in this period.",
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
        expected: in the key of an outlook, the names of the past, of what is expected and of its range.
        nothing: what stands there when there is nothing to draw.
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
        config={"displayModeBar": False, "responsive": True, "doubleClick": False},
        class_name=f"w-full h-full {'[&_.nsewdrag]:cursor-pointer' if opens else ''}",
        style={"width": "100%", "height": "100%"},
        **leads,
    )

    def unless_blank(content: rx.Component) -> rx.Component:
        return rx.cond(plot.blank, rx.fragment(), content)

    return rx.el.figure(
        unless_blank(_key(names, expected)),
        rx.el.div(
            rx.cond(
                plot.ready,
                rx.cond(
                    plot.blank,
                    rx.el.p(nothing, class_name="h-full flex items-center justify-center text-center text-muted"),
                    rx.el.div(drawing, role="img", aria_label=plot.summary, class_name="size-full"),
                ),
                skeleton("size-full opacity-50"),
            ),
            class_name=f"{height} min-w-0",
        ),
        unless_blank(_twin(plot, names, unit)),
        rx.el.div(
            unless_blank(rx.el.button("Save as PNG", type="button", custom_attrs={"data-png": ""}, class_name=TOOL)),
            *([csv_link(file)] if file is not None else []),
            _if_named(about, how(about)),
            class_name="flex flex-wrap items-start gap-x-4 mt-1",
        ),
        # What its picture says beside the drawing (chart.js).
        custom_attrs={"data-title": plot.title, "data-period": plot.period, "data-file": plot.file},
    )


def _key(names: tuple[str, Any], expected: tuple[str, str, str] | None) -> rx.Component:
    def entry(name: Any, look: str) -> rx.Component:
        return rx.el.li(rx.el.span(class_name=f"w-4 {look}", aria_hidden="true"), name, class_name="flex items-center gap-2")

    if expected:
        past, coming, band = expected
        entries = [
            entry(past, "border-t-2 border-series"),
            entry(coming, "border-t-2 border-dashed border-series"),
            entry(band, "h-2.5 bg-[color-mix(in_srgb,var(--series)_20%,transparent)]"),
        ]
    else:
        compared = _if_named(names[1], entry(names[1], "border-t-2 border-dashed border-n9"))
        entries = [entry(names[0], "border-t-2 border-series"), compared]
    return rx.el.ul(*entries, class_name="flex flex-wrap gap-x-4 gap-y-1 text-sm text-muted mb-3", custom_attrs={"data-key": ""})


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
