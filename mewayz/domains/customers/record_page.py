"""The parts of a customer's page: figures, addresses, notes."""

from typing import Any

import reflex as rx

from mewayz.domains.customers.address_state import CustomerAddresses
from mewayz.domains.customers.notes_state import CustomerNotes
from mewayz.domains.customers.state import CustomerRecord
from mewayz.ui.controls import CARD, FIELD, badge, button, card, icon, icon_button, text_link
from mewayz.ui.form import field, problem, submit
from mewayz.ui.overlay import confirm, dialog
from mewayz.ui.places import permitted

# Lists and dictionaries to the states, Vars to the pages.
_record: Any = CustomerRecord
_addresses: Any = CustomerAddresses
_notes: Any = CustomerNotes


def figures() -> rx.Component:
    """What the customer is worth, at a glance."""

    def tile(one: Any) -> rx.Component:
        return rx.el.div(
            rx.el.dt(one.label, class_name="text-sm text-muted"),
            rx.el.dd(one.value, class_name="text-xl font-semibold tabular-nums mt-1 truncate", title=one.value),
            rx.el.dd(one.more, class_name="text-sm text-muted tabular-nums mt-0.5"),
            class_name=f"{CARD} p-4 min-w-0",
        )

    return rx.el.dl(rx.foreach(_record.tiles, tile), class_name="grid grid-cols-2 xl:grid-cols-4 gap-4 mb-4")


def tag_links() -> rx.Component:
    """The tags, each a link to who else has it."""
    return rx.cond(
        _record.tags.length() > 0,
        rx.el.div(
            rx.foreach(_record.tags, lambda tag: text_link(tag.label, to=tag.href, key=tag.href)),
            class_name="flex flex-wrap gap-x-3",
        ),
        "–",
    )


# Addresses --------------------------------------------------------------------------------------------------------------


def address_card() -> rx.Component:
    """Every address, with what it is the default for."""

    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.cond(one.label != "", rx.el.p(one.label, class_name="font-medium")),
                rx.el.p(one.text, class_name="break-words"),
                rx.el.div(
                    rx.cond(one.shipping, badge("Ships here")),
                    rx.cond(one.billing, badge("Bills here")),
                    class_name="flex gap-1.5 mt-1 empty:hidden",
                ),
                class_name="min-w-0 grow",
            ),
            permitted("customers:update", icon_button("pencil", f"Change address {one.index + 1}", on_click=_addresses.edit(one.index))),
            key=one.index.to_string(),
            class_name="flex items-start gap-2 py-2 border-b border-line last:border-b-0",
        )

    add = button(icon("plus"), "Add", size="sm", on_click=_addresses.edit(-1), aria_label="Add address")
    return card(
        rx.cond(
            _record.addresses.length() > 0,
            rx.el.ul(rx.foreach(_record.addresses, line)),
            rx.el.p("No address yet.", class_name="text-muted"),
        ),
        _address_dialog(),
        title="Addresses",
        action=permitted("customers:update", add),
        class_name="mt-4",
    )


def _address_dialog() -> rx.Component:
    def draw(name: str) -> rx.Component:
        item = next(one for one in CustomerAddresses.fields if one.name == name)
        error = _addresses.field_errors.get(item.name, "")
        return field(item, value=_addresses.values[item.name], error=error, offered=_addresses.occurring)

    def pair(*names: str) -> rx.Component:
        return rx.el.div(*map(draw, names), class_name="flex flex-col sm:flex-row gap-4")

    form = rx.el.form(
        problem(_addresses),
        *map(draw, ("label", "name", "line1", "line2")),
        pair("postalCode", "city"),
        pair("region", "country"),
        *map(draw, ("defaultShipping", "defaultBilling")),
        rx.el.div(
            rx.cond(
                _addresses.index >= 0,
                button("Remove address", variant="caution", class_name="mr-auto", on_click=_addresses.remove),
            ),
            submit("Save address", _addresses.saving),
            class_name="flex justify-end gap-2 pt-1",
        ),
        key=_addresses.visit.to_string(),
        on_submit=_addresses.save,
        no_validate=True,
        class_name="space-y-4",
    )
    title = rx.cond(_addresses.index >= 0, "Change address", "Add address")
    return dialog(None, form, title=title, open=_addresses.shown, on_open_change=_addresses.show)


# Notes ------------------------------------------------------------------------------------------------------------------


def notes_card() -> rx.Component:
    """The timeline of notes, and the form for the next one."""
    write = rx.el.form(
        rx.el.label("Note", html_for="new_note", class_name="sr-only"),
        rx.el.textarea(
            id="new_note",
            name="text",
            rows="2",
            placeholder="What happened? Everybody who sees customers reads it.",
            class_name=f"{FIELD} h-auto pointer-coarse:h-auto py-1.5 resize-y",
        ),
        rx.el.div(submit("Add note", False), class_name="flex justify-end mt-2"),
        key=_notes.visit.to_string(),
        on_submit=_notes.add,
        class_name="mb-3",
    )
    return card(
        problem(_notes),
        permitted("customers:update", write),
        rx.cond(
            _notes.entries.length() > 0,
            rx.el.ol(rx.foreach(_notes.entries, _note), class_name="border-l border-line ml-1.5"),
            rx.el.p("No notes yet.", class_name="text-muted"),
        ),
        rx.cond(_notes.more, button("Older notes", size="sm", on_click=_notes.older, class_name="mt-3")),
        title="Notes",
        class_name="mt-4",
    )


def _note(one: Any) -> rx.Component:
    edit = rx.el.form(
        rx.el.textarea(
            name="text",
            default_value=one.text,
            rows="3",
            aria_label="Note",
            class_name=f"{FIELD} h-auto pointer-coarse:h-auto py-1.5 resize-y",
        ),
        rx.el.div(
            button("Cancel", size="sm", on_click=_notes.edit("")),
            button("Save note", size="sm", type="submit", variant="primary"),
            class_name="flex justify-end gap-2 mt-2",
        ),
        on_submit=_notes.save,
    )
    shown = rx.fragment(
        rx.el.p(one.text, class_name="whitespace-pre-line break-words"),
        rx.cond(
            one.own,
            permitted(
                "customers:update",
                rx.el.div(
                    button("Edit", variant="ghost", size="sm", on_click=_notes.edit(one.id), class_name="-ml-2.5"),
                    confirm(
                        button("Delete", variant="ghost", size="sm"),
                        title="Delete this note?",
                        consequence="It disappears from the timeline for everybody.",
                        verb="Delete note",
                        on_confirm=_notes.remove(one.id),
                    ),
                    class_name="flex gap-1",
                ),
            ),
        ),
    )
    return rx.el.li(
        rx.el.span(class_name="absolute -left-[5px] top-1.5 size-[9px] rounded-full bg-n8 border-2 border-raised", aria_hidden="true"),
        rx.el.p(
            rx.el.span(one.who, class_name="font-medium text-text"),
            " · ",
            rx.el.time(one.when, title=one.exact),
            rx.cond(one.edited, rx.fragment(" · edited")),
            class_name="text-sm text-muted",
        ),
        rx.cond(_notes.editing == one.id, edit, shown),
        key=one.id,
        class_name="relative pl-4 pb-4 last:pb-0",
    )
