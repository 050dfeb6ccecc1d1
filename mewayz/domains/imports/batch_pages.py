"""The pages of finished imports: the latest ones, and one with what it did, its bad rows, and the way back."""

from typing import Any, Literal

import reflex as rx

from mewayz.domains.imports.batch_state import DATES, ImportList, ImportRecord
from mewayz.domains.imports.parts import CELL, HEAD, MODES, at_work, choice, mend_table, native, reasons
from mewayz.rooms import SERVICES
from mewayz.ui.base import plain_link
from mewayz.ui.controls import CARD, FIELD, banner, button, button_class, card, icon, inline_link, link_button, skeleton, status, text_link
from mewayz.ui.form import problem
from mewayz.ui.overlay import confirm, menu, menu_link
from mewayz.ui.places import page, permitted
from mewayz.ui.record import facts, record_page
from mewayz.ui.shell import page_header

_list: Any = ImportList
_one: Any = ImportRecord


def _start() -> rx.Component:
    """The menu of what can be imported."""
    links = [
        permitted(f"{noun}:import", menu_link(noun.capitalize(), to=f"/{noun}/import")) for noun in (service.noun for service in SERVICES)
    ]
    return menu(button(icon("file-up"), "Import", variant="primary"), *links, align="end")


def _row(one: Any) -> rx.Component:
    narrow = rx.el.div(
        f"{one.noun} · {one.when} · {one.created} new, {one.updated} changed, {one.failed} left out",
        class_name="md:hidden text-sm text-muted font-normal whitespace-normal",
    )
    wide = f"{CELL} max-md:hidden"
    return rx.el.tr(
        rx.el.th(text_link(one.file, to=one.href), narrow, scope="row", class_name=f"{CELL} text-left font-medium max-w-0 w-full truncate"),
        rx.el.td(one.noun, class_name=wide),
        rx.el.td(rx.el.time(one.when, title=one.exact), class_name=f"{wide} text-muted whitespace-nowrap"),
        rx.el.td(one.who, class_name=f"{wide} text-muted whitespace-nowrap"),
        *[rx.el.td(number, class_name=f"{wide} text-right tabular-nums") for number in (one.created, one.updated, one.failed)],
        rx.el.td(status(one.status, one.tone), class_name=CELL),
        key=one.id,
        class_name="hover:bg-hover [&:last-child>*]:border-b-0",
    )


@page("/imports", title="Imports", needs="imports:read", load=[ImportList.load])
def imports_page() -> rx.Component:
    """The latest imports."""
    left = ("File", "Noun", "When", "By")
    right = ("New", "Changed", "Left out")
    table = rx.el.table(
        rx.el.caption("Latest imports", class_name="sr-only"),
        rx.el.thead(
            rx.el.tr(
                *[rx.el.th(head, scope="col", class_name=HEAD) for head in left],
                *[rx.el.th(head, scope="col", class_name=f"{HEAD} text-right") for head in right],
                rx.el.th("Status", scope="col", class_name=HEAD),
            ),
            class_name="max-md:sr-only",
        ),
        rx.el.tbody(rx.foreach(_list.rows, _row)),
        class_name="w-full border-separate border-spacing-0",
    )
    nothing = rx.el.div(
        rx.el.h2("No imports yet", class_name="text-lg font-semibold"),
        rx.el.p("An import brings records of a file in, and can be taken back here.", class_name="text-muted mt-1"),
        class_name=f"{CARD} flex flex-col items-center text-center px-6 py-16",
    )
    filled = rx.cond(_list.rows.length() > 0, rx.el.div(table, class_name=f"{CARD} overflow-clip"), nothing)
    return rx.el.div(
        page_header("Imports", sentence="The latest first, with the rows that they left out and the way back.", primary=_start()),
        problem(_list),
        rx.cond(_list.loaded, filled, skeleton("h-64 w-full")),
    )


def _left_out() -> rx.Component:
    download = plain_link(
        icon("download"), "Download as CSV", href=f"/api/v1/imports/{_one.batch.id}/problems.csv", download="", class_name=button_class()
    )
    form = rx.el.form(
        mend_table(_one.bad, _one.round),
        rx.el.div(
            rx.el.div(
                choice("A record that is here already", "mode", MODES, _one.mode, _one.choose_mode),
                rx.cond(_one.noun == "orders", native("Dates", "date_format", DATES, _one.date_format, _one.choose_dates)),
                class_name="space-y-4",
            ),
            button("Retry these rows", type="submit", variant="primary", disabled=_one.working),
            class_name="p-4 flex flex-wrap items-end justify-between gap-4",
        ),
        on_submit=_one.retry,
        no_validate=True,
    )
    return rx.el.section(
        rx.el.div(
            rx.el.div(
                rx.el.h2("Rows that were left out", class_name="text-base font-semibold"),
                rx.el.p(
                    rx.cond(_one.mendable, "Mend them here, or take them along as a file. ", "Mend them in the file and import it again. "),
                    _one.more_bad,
                    class_name="text-muted mt-0.5",
                ),
                class_name="grow",
            ),
            download,
            class_name="flex flex-wrap items-start gap-3 p-4",
        ),
        rx.cond(_one.mendable, permitted("imports:create", form), reasons(_one.bad)),
        class_name=f"{CARD} overflow-clip mt-4",
    )


def _take_back() -> rx.Component:
    consequence = "What it has made is deleted, and what it has changed becomes as it was. What somebody has changed since then stays."
    typed = rx.el.label(
        rx.el.span("Type ", rx.el.strong(_one.number, class_name="font-semibold select-all"), " to confirm", class_name="block mb-1.5"),
        rx.el.input(name="typed_number", auto_complete="off", on_change=_one.type_number, class_name=FIELD),
        class_name="block",
    )
    counting = rx.el.p(rx.cond(_one.working, "Counting what can be taken back…", ""), class_name="text-muted min-h-6")
    foreseen = rx.el.div(
        rx.cond(_one.foreseen != "", rx.fragment(rx.el.p(_one.foreseen), _staying(_one.staying, _one.more_staying)), counting),
        role="status",
        class_name="mb-4 max-h-60 overflow-y-auto",
    )
    body = rx.el.div(foreseen, typed)
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Take this import back", class_name="font-semibold"),
            rx.el.p(consequence, class_name="text-muted mt-0.5"),
            _outcome("mt-3"),
            class_name="min-w-0 grow sm:basis-0",
        ),
        confirm(
            button("Take this import back…", variant="caution", disabled=_one.working),
            title="Take this import back?",
            consequence=f"It touched {_one.number} records. {consequence}",
            verb="Take it back",
            on_confirm=_one.revert,
            body=body,
            open=_one.asking,
            on_open_change=lambda opened, _details: _one.ask(opened),
            blocked=(_one.typed.strip() != _one.number) | _one.working,
        ),
        class_name="mt-8 flex flex-wrap items-center gap-4 rounded-card border border-danger/40 p-4 sm:p-6",
    )


def _staying(kept: Any, more: Any) -> rx.Component:
    """Records that stay as they are, each with the reason."""
    return rx.el.ul(
        rx.foreach(kept, lambda one: rx.el.li(rx.el.p(inline_link(one.name, to=one.href), f": {one.why}"), key=one.href)),
        rx.cond(more != "", rx.el.li(more)),
        class_name="mt-1",
    )


def _outcome(class_name: str) -> rx.Component:
    kept = _staying(_one.kept, _one.more_kept)

    def box(tone: Literal["success", "warning"]) -> rx.Component:
        return banner(rx.el.p(_one.outcome), rx.cond(_one.kept.length() > 0, kept), tone=tone, class_name=class_name)

    told = rx.cond(_one.tone == "warning", box("warning"), box("success"))
    return rx.el.div(rx.cond(_one.outcome != "", told), role="status")


@page("/imports/[batch_id]", title="Import", needs="imports:read", load=[ImportRecord.load])
def import_page() -> rx.Component:
    """One import."""
    batch = _one.batch
    retried = rx.cond((_one.failed > 0) & (_one.left == 0), rx.el.span(" · tried again since", class_name="text-muted"))
    content = rx.el.div(
        page_header(
            batch.file,
            back=("Imports", "/imports"),
            secondary=[link_button("Another import", to=f"/{_one.noun}/import")],
            primary=link_button(f"Show these {_one.noun}", to=f"/{_one.noun}?import={batch.id}", variant="primary"),
        ),
        problem(_one),
        rx.cond(_one.revertible, rx.fragment(), _outcome("mb-4")),
        at_work(_one),
        card(
            facts(
                ("Status", status(batch.status, batch.tone)),
                ("Noun", batch.noun),
                ("When", batch.exact),
                ("By", batch.who),
                ("New", batch.created),
                ("Changed", batch.updated),
                ("As they were", _one.unchanged),
                ("Left out", rx.fragment(batch.failed, retried)),
            ),
        ),
        rx.cond(_one.left > 0, _left_out()),
        rx.cond(_one.revertible, permitted("imports:delete", _take_back())),
        class_name="max-w-5xl",
    )
    return record_page(_one, content, back=("Imports", "/imports"))
