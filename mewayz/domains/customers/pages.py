"""The pages of customers: list, one customer."""

import reflex as rx

from mewayz.domains.customers.state import CustomerRecord, CustomerTable
from mewayz.ui.controls import card, link_button, status
from mewayz.ui.places import Place, page, permitted
from mewayz.ui.record import facts, record_page
from mewayz.ui.shell import page_header
from mewayz.ui.table import Empty, table_page

_BACK = ("Customers", "/customers")


@page("/customers", title="Customers", needs="customers:read", load=[CustomerTable.load], place=Place("Customers", "contact", "Sell", 3))
def customers_page() -> rx.Component:
    """Who buys."""
    return table_page(
        CustomerTable,
        title="Customers",
        empty=Empty("No customers yet", "Everybody who has bought something appears here, with what they have spent."),
    )


@page("/customers/[customer_id]", title="Customer", needs="customers:read", load=[CustomerRecord.open])
def customer_page() -> rx.Component:
    """One customer: who it is, and what they have bought in all."""
    values = CustomerRecord.values
    orders = link_button("Orders", to=f"/orders?customer={CustomerRecord.record_id}")
    content = rx.el.div(
        page_header(CustomerRecord.title, back=_BACK, secondary=[permitted("orders:read", orders)]),
        rx.el.div(
            rx.el.div(
                card(
                    facts(
                        ("E-mail", values["email"]),
                        ("Phone", values["phone"]),
                        ("Company", values["company"]),
                        ("Status", status(CustomerRecord.status, CustomerRecord.tone)),
                        ("Reference", values["reference"]),
                        ("Address", values["address"]),
                        ("Country", values["country"]),
                        ("Tags", values["tags"]),
                        ("Source", values["source"]),
                        ("Created", values["created"]),
                    )
                ),
                rx.cond(
                    values["notes"] != "",
                    card(rx.el.p(values["notes"], class_name="whitespace-pre-line"), title="Notes", class_name="mt-4"),
                ),
                class_name="lg:col-span-2 min-w-0",
            ),
            card(
                facts(
                    ("Orders", values["orders"]),
                    ("Spent", values["spent"]),
                    ("Returned", values["returned"]),
                    ("First order", values["first"]),
                    ("Last order", values["last"]),
                ),
                title="Orders",
            ),
            class_name="grid lg:grid-cols-3 gap-4 items-start",
        ),
    )
    return record_page(CustomerRecord, content, back=_BACK)
