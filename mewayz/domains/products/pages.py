"""The pages of products: list, create, one product, change."""

from typing import Any

import reflex as rx

from mewayz.domains.products.image_pages import image_card
from mewayz.domains.products.image_state import ProductImages
from mewayz.domains.products.state import DETAILS, INVENTORY, PRICING, VISIBILITY, ProductForm, ProductRecord, ProductTable
from mewayz.domains.products.stock_pages import ledger_card, stock_card, variants_card
from mewayz.domains.products.stock_state import StockLedger
from mewayz.domains.products.variant_form_pages import options_part
from mewayz.ui.controls import badge, button, card, icon, link_button, status, text_link
from mewayz.ui.form import danger_zone, record_form
from mewayz.ui.places import Place, ShellState, page, permitted
from mewayz.ui.record import facts, record_page
from mewayz.ui.shell import page_header
from mewayz.ui.table import Empty, table_page

_BACK = ("Products", "/products")
_SECTIONS = [
    ("Product", [item.name for item in DETAILS]),
    ("Price", [item.name for item in PRICING]),
    ("Inventory", [item.name for item in INVENTORY]),
    ("Visibility", [item.name for item in VISIBILITY]),
]


def _variants() -> dict[str, Any]:
    """The part of the form that makes variants, whose stock takes the place of the product's."""
    form: Any = ProductForm
    return {"parts": [options_part(form)], "unless": {"inventory.stock": form.rows.length() > 0}}


def _create() -> rx.Component:
    return link_button(icon("plus"), "Create product", to="/products/new", variant="primary")


@page("/products", title="Products", needs="products:read", load=[ProductTable.load], place=Place("Products", "package", "Sell", 2))
def products_page() -> rx.Component:
    """The catalogue."""
    return table_page(
        ProductTable,
        title="Products",
        primary=permitted("products:create", _create()),
        empty=Empty(
            "No products yet",
            "Products are what the shop sells, with their prices and stock.",
            permitted("products:create", _create()),
        ),
    )


@page("/products/new", title="Create product", needs="products:create", load=[ProductForm.start])
def new_product_page() -> rx.Component:
    """A form for a new product."""
    return rx.el.div(
        page_header("Create product", back=_BACK),
        record_form(ProductForm, verb="Create product", on_submit=ProductForm.add, cancel="/products", sections=_SECTIONS, **_variants()),
    )


@page("/products/[product_id]", title="Product", needs="products:read", load=[ProductRecord.open, StockLedger.load, ProductImages.load])
def product_page() -> rx.Component:
    """One product: what it is, what it costs, how many there are."""
    values = ProductRecord.values
    edit = link_button("Edit product", to=f"/products/{ProductRecord.record_id}/edit", variant="primary")
    sold = link_button("Orders with it", to=f"/orders?product={ProductRecord.record_id}")
    again = button("Duplicate", on_click=ProductRecord.duplicate)
    names: Any = ProductRecord.tags  # a list to the state, a Var to the page
    tags = rx.cond(
        names.length() > 0,
        rx.el.div(rx.foreach(names, lambda tag: text_link(tag, to=f"/products?tag={tag}")), class_name="flex flex-wrap gap-x-3"),
        "–",
    )
    category = rx.cond(
        ProductRecord.category != "", text_link(ProductRecord.category, to=f"/products?category={ProductRecord.category_key}"), "–"
    )
    level = rx.cond(values["level"] != "", badge(values["level"], "warning"), values["tracked"])
    stock = rx.el.span(
        values["stock"],
        rx.cond(values["level"] != "", rx.el.span(badge(values["level"], "warning"), class_name="ml-2")),
        class_name="inline-flex items-center tabular-nums",
    )
    begins = rx.cond(values["publish"] != "", rx.el.p("For sale from ", values["publish"], class_name="text-sm text-muted"))
    state = rx.el.div(status(ProductRecord.status, ProductRecord.tone), begins)
    grants: Any = ShellState.grants
    keeps_stock = grants.contains("stock:read")
    rules = facts(("Level", level), ("Low from", values["threshold"]), ("Backorders", values["backorders"]))
    inventory = card(facts(("In stock", stock), ("Backorders", values["backorders"])), title="Inventory")
    content = rx.el.div(
        page_header(
            ProductRecord.title,
            back=_BACK,
            secondary=[permitted("orders:read", sold), permitted("products:create", again)],
            primary=permitted("products:update", edit),
        ),
        rx.el.div(
            rx.el.div(
                card(
                    facts(
                        ("SKU", values["sku"]),
                        ("Status", state),
                        ("Visibility", values["visibility"]),
                        ("Category", category),
                        ("Tags", tags),
                        ("Short description", values["short"]),
                        ("Barcode", values["barcode"]),
                        ("Slug", values["slug"]),
                    ),
                ),
                rx.cond(
                    values["description"] != "",
                    card(rx.el.p(values["description"], class_name="whitespace-pre-line"), title="Description", class_name="mt-4"),
                ),
                variants_card(),
                permitted("stock:read", rx.el.div(ledger_card(), class_name="mt-4")),
                class_name="lg:col-span-2 min-w-0",
            ),
            rx.el.div(
                image_card(),
                rx.el.div(rx.cond(keeps_stock, stock_card(rx.el.div(rules, class_name="mt-3")), inventory), class_name="mt-4"),
                card(
                    facts(("Price", values["price"]), ("Compare-at", values["compare"]), ("Cost", values["cost"])),
                    title="Price",
                    class_name="mt-4",
                ),
                card(facts(("Created", values["created"]), ("Updated", values["updated"])), class_name="mt-4"),
                class_name="min-w-0 max-lg:order-first [&>:first-child]:mt-0",
            ),
            class_name="grid lg:grid-cols-3 gap-4 items-start",
        ),
    )
    return record_page(ProductRecord, content, back=_BACK)


@page("/products/[product_id]/edit", title="Edit product", needs="products:update", load=[ProductForm.open_record])
def edit_product_page() -> rx.Component:
    """One product, to change or delete."""
    here = f"/products/{ProductForm.record_id}"
    content = rx.el.div(
        page_header(ProductForm.record_name, back=_BACK),
        record_form(ProductForm, verb="Save changes", on_submit=ProductForm.save, cancel=here, sections=_SECTIONS, **_variants()),
        rx.cond(
            ProductForm.loaded,
            permitted(
                "products:delete",
                danger_zone(
                    ProductForm,
                    noun="product",
                    consequence="It disappears from the catalogue. Orders that contain it keep their lines.",
                ),
            ),
        ),
    )
    return record_page(ProductForm, content, back=_BACK)
