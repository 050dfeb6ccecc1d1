"""The page of an import: a file is chosen, its columns matched, what would happen shown and mended, and then it is imported."""

from typing import Any

import reflex as rx

from mewayz.backend.loads import OnError
from mewayz.domains.imports import batch_pages as batch_pages
from mewayz.domains.imports.batch_state import DATES
from mewayz.domains.imports.parts import CELL, HEAD, MODES, at_work, choice, mend_table, native, reasons
from mewayz.domains.imports.state import CHECK, COLUMNS, DECIMALS, ENCODINGS, FILE, FileImport
from mewayz.rooms import SERVICES
from mewayz.ui.controls import CARD, FIELD, STICKY, banner, button, card, icon, text_link
from mewayz.ui.focus import FocusMistake
from mewayz.ui.form import problem
from mewayz.ui.places import page
from mewayz.ui.shell import page_header

_state: Any = FileImport
# What the controls of the bad rows hold at the moment of a click: the server learns of it only then.
_TYPED = rx.Var("(Object.fromEntries([...document.querySelectorAll('form[data-mend]')].flatMap((form) => [...new FormData(form)])))").to(
    dict[str, Any]
)
_STEPS = ((FILE, "File"), (COLUMNS, "Columns"), (CHECK, "Check and import"))
_ON_ERROR = (
    (OnError.STOP.value, "Import all rows or none", "Bad rows are mended first."),
    (OnError.SKIP.value, "Import the others", "Bad rows are kept with the import, to be mended afterwards."),
)


def _steps() -> rx.Component:
    def step(number: int, key: str, label: str) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                str(number),
                aria_hidden="true",
                class_name="grid place-items-center size-5 rounded-full border border-current text-xs tabular-nums",
            ),
            label,
            aria_current=rx.cond(_state.step == key, "step", "false"),
            class_name="flex items-center gap-2 text-muted aria-[current=step]:text-accent-text aria-[current=step]:font-medium",
        )

    steps = [step(number, *one) for number, one in enumerate(_STEPS, 1)]
    return rx.el.ol(*steps, aria_label="Steps", class_name="flex flex-wrap gap-x-6 gap-y-2 mb-5 text-sm")


# The file -----------------------------------------------------------------------------------------------------------------


def _choose_file() -> rx.Component:
    """import.js sends what is dropped or chosen, and types into the hidden control under which id it waits."""
    zone = rx.el.label(
        icon("file-up", class_name="size-6 text-muted"),
        rx.el.span("Drop a file here, or ", rx.el.span("choose one", class_name="text-accent-text underline"), class_name="font-medium"),
        rx.el.span("CSV, XLSX or JSON Lines, up to ", _state.limit, class_name="text-sm text-muted"),
        rx.el.input(
            type="file",
            name="file",
            accept=".csv,.tsv,.txt,.xlsx,.jsonl,.ndjson,.json,.gz,.xz,text/csv",
            custom_attrs={"data-import": f"/imports/files?noun={_state.noun}", "data-most": _state.most},
            class_name="absolute inset-0 size-full opacity-0 cursor-pointer",
        ),
        class_name=(
            "relative flex flex-col items-center justify-center gap-2 min-h-48 p-6 text-center rounded-card border border-dashed "
            "border-line-strong bg-sunken hover:border-n8 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-ring"
        ),
    )
    unreadable = rx.el.div(
        native("Read the file as", "encoding", ENCODINGS, _state.encoding, _state.read_as),
        class_name="mt-4 max-w-xs",
    )
    return card(
        zone,
        rx.el.p("Sending the file…", role="status", hidden=True, custom_attrs={"data-busy": "true"}, class_name="mt-3 text-muted"),
        rx.el.p(role="alert", hidden=True, custom_attrs={"data-alert": "true"}, class_name="mt-3 text-danger-text"),
        rx.el.input(
            type="text",
            name="told",
            default_value="",
            on_change=_state.take,
            tab_index=-1,
            aria_hidden="true",
            custom_attrs={"data-told": "true"},
            class_name="sr-only",
        ),
        rx.cond(_state.upload_id != "", unreadable),
        rx.el.p(
            "The file is removed as soon as it has been imported, or when you leave this page. Longer files: ",
            rx.el.code("mewayz import", class_name="font-mono"),
            " on the server.",
            class_name="text-sm text-muted mt-4",
        ),
        custom_attrs={"data-import-place": "true"},
    )


# The columns --------------------------------------------------------------------------------------------------------------


def _column(line: Any) -> rx.Component:
    options = [
        rx.el.option("Leave out", value=""),
        rx.foreach(_state.choices, lambda one: rx.el.option(one.label, value=one.path)),
    ]
    box = rx.el.select(
        *options,
        name=f"column_{line.index}",
        value=line.path,
        on_change=lambda path: _state.match(line.index, path),
        aria_label=f"Field for {line.name}",
        class_name=FIELD,
    )
    samples = rx.el.span(rx.foreach(line.samples, lambda one: rx.el.span(one, class_name="block truncate")), class_name="text-muted")
    return rx.el.tr(
        rx.el.th(
            rx.el.span(line.name, class_name="block truncate", title=line.name),
            rx.el.div(samples, class_name="sm:hidden text-sm font-normal"),
            scope="row",
            class_name=f"{CELL} text-left font-medium w-1/3 max-w-0",
        ),
        rx.el.td(samples, class_name=f"{CELL} w-1/3 max-w-0 max-sm:hidden"),
        rx.el.td(
            box,
            rx.cond((line.path == "") & (line.note != ""), rx.el.p(line.note, class_name="text-sm text-muted mt-1")),
            class_name=CELL,
        ),
        key=line.index,
        class_name="[&:last-child>*]:border-b-0",
    )


def _columns() -> rx.Component:
    heads = (("Column of the file", ""), ("First values", " max-sm:hidden"), ("Field", ""))
    table = rx.el.table(
        rx.el.caption("Columns of the file", class_name="sr-only"),
        rx.el.thead(rx.el.tr(*[rx.el.th(head, scope="col", class_name=HEAD + extra) for head, extra in heads])),
        rx.el.tbody(rx.foreach(_state.columns, _column)),
        class_name="w-full border-separate border-spacing-0",
    )
    as_is = rx.el.p(
        "This file is read as it is: its fields are known here by their names. What has no place here is left out.",
        class_name="p-4 text-muted",
    )
    options = card(
        choice("A record that is here already", "mode", MODES, _state.mode, _state.choose_mode),
        choice("A row that is bad", "on_error", _ON_ERROR, _state.on_error, _state.choose_on_error),
        rx.el.div(
            native("Text of the file", "encoding", ENCODINGS, _state.encoding, _state.read_as),
            rx.cond(_state.tabular, native("Decimals", "decimals", DECIMALS, _state.decimals, _state.choose_decimals)),
            rx.cond(_state.noun == "orders", native("Dates", "date_format", DATES, _state.date_format, _state.choose_dates)),
            class_name="grid sm:grid-cols-2 gap-4",
        ),
        class_name="space-y-5 mt-4",
    )
    needed = rx.cond(
        _state.hopeless,
        f"New {_state.noun} need {_state.missing}. Choose a column of the file for it: without, no row can be imported.",
        f"New {_state.noun} need {_state.missing}. Without a column for it, only records that are here already can be changed.",
    )
    return rx.el.div(
        rx.el.div(rx.cond(_state.missing != "", banner(needed, tone="warning", class_name="mb-4")), role="status"),
        rx.el.section(rx.cond(_state.tabular, table, as_is), class_name=f"{CARD} overflow-clip"),
        options,
        rx.el.div(
            button("Another file", on_click=_state.start_over, disabled=_state.working),
            button("Check the file", variant="primary", on_click=_state.check, disabled=_state.working | _state.hopeless),
            class_name=f"flex justify-end gap-2 mt-5 {STICKY} max-sm:[&>*]:grow",
        ),
    )


# What would happen --------------------------------------------------------------------------------------------------------


def _number(label: str, number: Any) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name="text-sm text-muted"),
        rx.el.dd(number, class_name="text-lg font-semibold tabular-nums"),
        class_name="p-4",
    )


def _bad_rows() -> rx.Component:
    form = rx.el.form(
        mend_table(_state.bad, _state.round),
        rx.el.div(button("Check these rows again", type="submit", disabled=_state.working), class_name="p-4 flex justify-end"),
        FocusMistake.create(times=_state.mistakes),
        on_submit=_state.mend,
        no_validate=True,
        custom_attrs={"data-mend": "true"},
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Rows that need attention", class_name="text-base font-semibold"),
            rx.el.p(
                rx.cond(_state.tabular, "Mend them here, or in the file and choose it again. ", "Mend the file and choose it again. "),
                _state.more_bad,
                class_name="text-muted mt-0.5",
            ),
            rx.el.p(_state.told, role="alert", class_name="text-danger-text mt-1 empty:hidden"),
            class_name="p-4",
        ),
        rx.cond(_state.tabular, form, reasons(_state.bad)),
        rx.el.div(
            choice("These rows", "on_error_now", _ON_ERROR, _state.on_error, _state.choose_on_error), class_name="p-4 border-t border-line"
        ),
        class_name=f"{CARD} overflow-clip mb-4",
    )


def _change(one: Any) -> rx.Component:
    def part(found: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(found.label, class_name="text-muted"),
            " ",
            rx.el.del_(found.old, class_name="text-muted break-words"),
            rx.el.span(" → ", aria_hidden="true"),
            rx.el.span(" becomes ", class_name="sr-only"),
            rx.el.ins(found.new, class_name="no-underline break-words"),
        )

    name = rx.cond(one.href != "", text_link(one.name, to=one.href, target="_blank"), rx.el.span(one.name))
    return rx.el.li(
        rx.el.div(
            rx.el.p(name, class_name="font-medium truncate"),
            rx.el.span(f"line {one.line}", class_name="text-sm text-muted ml-auto whitespace-nowrap"),
            class_name="flex gap-3",
        ),
        rx.cond(one.parts.length() > 0, rx.el.ul(rx.foreach(one.parts, part), class_name="text-sm mt-1 space-y-0.5")),
        key=one.line,
        class_name="px-4 py-2.5 border-b border-line last:border-b-0",
    )


def _list(title: str, changes: Any) -> rx.Component:
    return rx.cond(
        changes.length() > 0,
        rx.el.details(
            rx.el.summary(title, class_name="px-4 py-3 font-semibold cursor-pointer rounded-card pointer-coarse:min-h-11"),
            rx.el.ul(rx.foreach(changes, _change), class_name="border-t border-line max-h-[32rem] overflow-y-auto", tab_index=0),
            open=True,
            class_name=f"{CARD} mb-4",
        ),
    )


def _checked() -> rx.Component:
    numbers = rx.el.dl(
        _number("New", _state.created),
        _number("Changed", _state.updated),
        _number("As they are", _state.unchanged),
        _number("Need attention", f"{_state.failed}"),
        class_name=f"{CARD} grid grid-cols-2 sm:grid-cols-4 mb-4",
    )
    return rx.el.div(
        numbers,
        rx.foreach(_state.notes, lambda note: rx.el.p(note, class_name="text-muted mb-2")),
        rx.cond(_state.failed > 0, _bad_rows()),
        _list("What changes", _state.changes),
        _list("What is new", _state.news),
        rx.el.div(
            button("Back to the columns", on_click=_state.back, disabled=_state.working),
            rx.cond(
                _state.verb != "",
                button(_state.verb, variant="primary", on_click=_state.run(_TYPED), disabled=_state.working),
                rx.cond(_state.failed > 0, button("Mend the rows first", variant="primary", disabled=True)),
            ),
            class_name=f"flex justify-end gap-2 mt-5 {STICKY} max-sm:[&>*]:grow",
        ),
    )


def _import_page(noun: str) -> rx.Component:
    return rx.el.div(
        page_header(
            f"Import {noun}",
            back=(noun.capitalize(), f"/{noun}"),
            sentence=rx.cond(_state.file_name != "", f"{_state.file_name}, {_state.rows}", f"New {noun}, and changes of known ones."),
            secondary=[text_link("Latest imports", to="/imports", class_name="pointer-coarse:py-3")],
        ),
        _steps(),
        problem(_state),
        at_work(_state),
        rx.match(_state.step, (COLUMNS, _columns()), (CHECK, _checked()), _choose_file()),
        on_unmount=_state.leave,
        class_name="max-w-5xl",
    )


def _register(noun: str) -> None:
    def render() -> rx.Component:
        return _import_page(noun)

    render.__name__, render.__qualname__ = f"import_{noun}_page", f"import_{noun}_page"
    page(f"/{noun}/import", title=f"Import {noun}", needs=f"{noun}:import", load=[FileImport.load])(render)


for _service in SERVICES:
    _register(_service.noun)
