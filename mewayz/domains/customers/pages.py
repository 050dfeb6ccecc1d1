"""The pages of customers: list, create, one customer, change, segments, duplicates."""

from typing import Any

import reflex as rx

from mewayz.domains.customers import record_page as parts
from mewayz.domains.customers.address_state import CustomerAddresses
from mewayz.domains.customers.merge_dialog import merge_dialog, merge_messages
from mewayz.domains.customers.merge_state import CustomerMerging, DuplicateGroups
from mewayz.domains.customers.notes_state import CustomerNotes
from mewayz.domains.customers.segment_state import SegmentList
from mewayz.domains.customers.state import POSTAL, PROFILE, RELATION, CustomerForm, CustomerRecord, CustomerTable
from mewayz.ui.controls import CARD, FIELD, badge, banner, button, card, icon, link_button, skeleton, status, text_link
from mewayz.ui.form import danger_zone, record_form
from mewayz.ui.overlay import confirm, popover
from mewayz.ui.places import Place, page, permitted, slot
from mewayz.ui.record import facts, record_page
from mewayz.ui.shell import page_header
from mewayz.ui.table import Empty, table_page

_BACK = ("Customers", "/customers")
_RECORD = "/customers/[customer_id]"
_SECTIONS = [
    ("Customer", [item.name for item in PROFILE]),
    ("Default address", [item.name for item in POSTAL]),
    ("Relation", [item.name for item in RELATION]),
]
# Lists to the states, Vars to the pages.
_segments: Any = SegmentList
_groups: Any = DuplicateGroups
_table: Any = CustomerTable


def _create() -> rx.Component:
    return link_button(icon("plus"), "Create customer", to="/customers/new", variant="primary")


def _save_as_segment() -> rx.Component:
    wrong = _table.field_errors.get("segment", "")
    form = rx.el.form(
        rx.el.label("Name", html_for="segment_name", class_name="block font-medium mb-1.5"),
        rx.el.input(id="segment_name", name="name", auto_complete="off", aria_describedby="segment_wrong", class_name=FIELD),
        rx.cond(wrong != "", rx.el.p(wrong, id="segment_wrong", role="alert", class_name="text-sm text-danger-text mt-1.5")),
        rx.el.label(
            rx.el.input(type="checkbox", name="shared", class_name="size-4 accent-accent"),
            "Share with everybody who sees customers",
            class_name="flex items-center gap-2 mt-3 pointer-coarse:min-h-11",
        ),
        button("Save segment", type="submit", variant="primary", class_name="w-full mt-3"),
        on_submit=_table.save_segment,
        no_validate=True,
    )
    return popover(
        button(icon("bookmark"), "Save as segment"),
        form,
        label="Save these filters as a segment",
        align="end",
        class_name="p-3 w-80",
        open=_table.saving_segment,
        on_open_change=_table.ask_segment,
    )


@page("/customers", title="Customers", needs="customers:read", load=[CustomerTable.load], place=Place("Customers", "contact", "Sell", 3))
def customers_page() -> rx.Component:
    """Who buys."""
    return table_page(
        CustomerTable,
        title="Customers",
        secondary=[
            rx.cond(CustomerTable.narrowed & (CustomerTable.error == ""), permitted("customers:update", _save_as_segment())),
            link_button("Segments", to="/customers/segments"),
            permitted("customers:delete", link_button("Duplicates", to="/customers/duplicates")),
        ],
        primary=permitted("customers:create", _create()),
        empty=Empty(
            "No customers yet",
            "Everybody who has bought something appears here, with what they have spent.",
            permitted("customers:create", _create()),
        ),
    )


@page("/customers/new", title="Create customer", needs="customers:create", load=[CustomerForm.start])
def new_customer_page() -> rx.Component:
    """A form for a new customer."""
    return rx.el.div(
        page_header("Create customer", back=_BACK),
        record_form(CustomerForm, verb="Create customer", on_submit=CustomerForm.add, cancel="/customers", sections=_SECTIONS),
    )


@page(
    _RECORD,
    title="Customer",
    needs="customers:read",
    load=[CustomerMerging.close, CustomerAddresses.close, CustomerRecord.open, CustomerNotes.load],
)
def customer_page() -> rx.Component:
    """One customer: who it is, what they have bought, what was written down."""
    values = CustomerRecord.values
    edit = link_button("Edit customer", to=f"/customers/{CustomerRecord.record_id}/edit", variant="primary")
    content = rx.el.div(
        page_header(
            CustomerRecord.title,
            sentence=status(CustomerRecord.status, CustomerRecord.tone),
            back=_BACK,
            secondary=[
                permitted("orders:read", link_button("Orders", to=f"/orders?customer={CustomerRecord.record_id}")),
                permitted("customers:delete", button("Merge…", on_click=CustomerMerging.show(True))),
            ],
            primary=permitted("customers:update", edit),
        ),
        merge_messages(),
        parts.figures(),
        rx.el.div(
            rx.el.div(*slot(_RECORD, "main"), parts.notes_card(), class_name="lg:col-span-2 min-w-0 [&>*:first-child]:mt-0"),
            rx.el.div(
                card(
                    facts(
                        ("E-mail", values["email"]),
                        ("Phone", values["phone"]),
                        ("Company", values["company"]),
                        ("Reference", values["reference"]),
                        ("Tags", parts.tag_links()),
                        ("Source", values["source"]),
                        ("Marketing", values["consent"]),
                        ("Created", values["created"]),
                    ),
                    title="Contact",
                    class_name="[&_dt]:w-24",
                ),
                rx.cond(
                    values["notes"] != "",
                    card(rx.el.p(values["notes"], class_name="whitespace-pre-line break-words"), title="About", class_name="mt-4"),
                ),
                parts.address_card(),
                class_name="min-w-0",
            ),
            class_name="grid lg:grid-cols-3 gap-4 items-start",
        ),
        merge_dialog(),
    )
    return record_page(CustomerRecord, content, back=_BACK)


@page("/customers/[customer_id]/edit", title="Edit customer", needs="customers:update", load=[CustomerForm.open_record])
def edit_customer_page() -> rx.Component:
    """One customer, to change or delete."""
    here = f"/customers/{CustomerForm.record_id}"
    content = rx.el.div(
        page_header(CustomerForm.record_name, back=_BACK),
        record_form(CustomerForm, verb="Save changes", on_submit=CustomerForm.save, cancel=here, sections=_SECTIONS),
        rx.cond(
            CustomerForm.loaded,
            permitted(
                "customers:delete",
                danger_zone(
                    CustomerForm,
                    noun="customer",
                    consequence="The customer and all notes disappear. One with orders stays: set the status to inactive instead.",
                ),
            ),
        ),
    )
    return record_page(CustomerForm, content, back=_BACK)


def _or_nothing(state: Any, items: Any, nothing: str, content: rx.Component) -> rx.Component:
    """`content`, or while there is none of it a sentence, a skeleton, or what went wrong."""
    waiting = rx.el.div(*[skeleton("h-12 w-full") for _ in range(4)], class_name="space-y-3", aria_hidden="true")
    empty = rx.el.p(nothing, class_name=f"{CARD} p-6 text-muted")
    return rx.cond(
        state.error != "", banner(state.error, role="alert"), rx.cond(state.loaded, rx.cond(items.length() > 0, content, empty), waiting)
    )


@page("/customers/segments", title="Segments", needs="customers:read", load=[SegmentList.load])
def segments_page() -> rx.Component:
    """The saved filters of the list, with how many customers each has now."""

    def line(one: Any) -> rx.Component:
        share = button(rx.cond(one.shared, "Stop sharing", "Share"), size="sm", on_click=_segments.share(one.id, ~one.shared.to(bool)))
        remove = confirm(
            button("Delete…", size="sm", variant="caution"),
            title=f"Delete the segment {one.name}?",
            consequence="Links to it stop working. Its customers stay.",
            verb="Delete segment",
            on_confirm=_segments.remove(one.id),
        )
        return rx.el.li(
            rx.el.div(
                rx.el.div(
                    text_link(one.name, to=one.href, class_name="font-medium"),
                    rx.cond(one.shared, badge("Shared")),
                    class_name="flex gap-2",
                ),
                rx.el.p(one.narrows, class_name="text-sm text-muted break-words"),
                class_name="min-w-0 grow basis-48",
            ),
            rx.el.span(one.count, class_name="tabular-nums"),
            rx.cond(one.editable, permitted("customers:update", rx.el.div(share, remove, class_name="flex gap-2"))),
            key=one.id,
            class_name="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 border-b border-line last:border-b-0",
        )

    return rx.el.div(
        page_header("Segments", sentence="Narrow the list of customers, and save that as a segment.", back=_BACK),
        _or_nothing(
            _segments,
            _segments.entries,
            "No segments yet. Filter the list of customers, then choose “Save as segment”.",
            rx.el.ul(rx.foreach(_segments.entries, line), class_name=f"{CARD} max-w-3xl"),
        ),
    )


@page("/customers/duplicates", title="Duplicates", needs="customers:read", load=[DuplicateGroups.load])
def duplicates_page() -> rx.Component:
    """Customers who may be here twice."""

    def member(one: Any) -> rx.Component:
        return rx.el.li(
            text_link(one.name, to=f"/customers/{one.id}", class_name="font-medium"),
            rx.el.p(one.more, class_name="text-sm text-muted break-words"),
            key=one.id,
            class_name="py-2 border-b border-line last:border-b-0",
        )

    def group(one: Any) -> rx.Component:
        return card(rx.el.ul(rx.foreach(one.members, member)), title=one.why, class_name="max-w-3xl")

    return rx.el.div(
        page_header("Duplicates", sentence="Open the customer who shall stay, and merge the other one into it.", back=_BACK),
        _or_nothing(
            _groups,
            _groups.groups,
            "Nobody seems to be here twice.",
            rx.el.div(rx.foreach(_groups.groups, group), class_name="space-y-4"),
        ),
    )
