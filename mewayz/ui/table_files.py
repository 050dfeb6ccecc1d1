"""Files of a list: the way to import some, and the export of what the list shows, which says first what it will hold."""

from typing import Any

import reflex as rx

from mewayz.backend.export import MEDIA_TYPES
from mewayz.backend.grants import GRANTS
from mewayz.ui.controls import button, icon, link_button
from mewayz.ui.overlay import popover
from mewayz.ui.places import permitted

FORMATS = {"csv": "CSV", "xlsx": "XLSX", "jsonl": "JSON Lines"}


def granted(name: str) -> bool:
    """Whether any role holds this permission."""
    return any(name in grants for grants in GRANTS.values())


def table_files(state: Any) -> list[rx.Component]:
    """Import and export, for who may do either."""
    noun = state._noun()
    found: list[rx.Component] = []
    if granted(f"{noun}:import"):
        found.append(permitted(f"{noun}:import", link_button(icon("file-up"), "Import", to=f"{state.path}/import")))
    if granted(f"{noun}:export"):
        found.append(permitted(f"{noun}:export", _export(state)))
    return found


def _export(state: Any) -> rx.Component:
    def columns(checked: Any, chosen: Any, label: Any, told: Any) -> rx.Component:
        return rx.el.label(
            rx.el.input(
                type="radio",
                name="export_columns",
                checked=checked,
                on_change=lambda _: chosen,
                class_name="size-4 mt-0.5 shrink-0 accent-accent",
            ),
            rx.el.span(label, rx.el.span(told, class_name="block text-sm text-muted")),
            class_name="flex items-start gap-2.5 pointer-coarse:min-h-11",
        )

    plain = state.export_rows == ""
    formats = [
        button(FORMATS[kind], on_click=state.export(kind), disabled=state.rows.length() == 0, class_name="grow") for kind in MEDIA_TYPES
    ]
    box = rx.el.div(
        rx.el.p(state.export_words, class_name="font-medium"),
        rx.el.fieldset(
            rx.el.legend("Columns", class_name="sr-only"),
            columns(plain & ~state.export_all, state.export_columns(False), "Those that are shown", state.export_shown),
            columns(plain & state.export_all, state.export_columns(True), "All", state.export_every),
            *[
                columns(state.export_rows == name, state.export_table(name), sheet.label, f"{len(sheet.columns)} columns, in CSV or XLSX")
                for name, sheet in state.service.sheets.items()
            ],
            class_name="space-y-2 mt-3",
        ),
        rx.el.div(*formats, class_name="flex gap-2 mt-4"),
    )
    return popover(button(icon("download"), "Export"), box, label="Export", align="end", class_name="p-4 w-80")
