"""The invoice of an order and the credit note of a return: one page of HTML that prints well and loads nothing."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any, NamedTuple

from babel.numbers import format_decimal

from mewayz.backend.amounts import plain, written
from mewayz.backend.days import written_day
from mewayz.backend.shop import Shop
from mewayz.domains.orders import standing
from mewayz.domains.orders.model import Order, OrderKind, PaymentStatus

_STYLE = """
@page { size: A4; margin: 18mm }
body { font: 14px/1.5 system-ui, sans-serif; color: #21201c; background: #fff; max-width: 800px; margin: 32px auto; padding: 0 16px }
header, .sides { display: flex; justify-content: space-between; gap: 32px; flex-wrap: wrap }
h1 { font-size: 26px; margin: 0 }
h2 { font-size: 12px; font-weight: 600; color: #6b6861; margin: 24px 0 4px }
p { margin: 0; overflow-wrap: anywhere; white-space: pre-line }
table { width: 100%; border-collapse: collapse; margin-top: 32px }
th, td { text-align: left; padding: 8px 0 8px 16px; border-bottom: 1px solid #e3e0da; vertical-align: top }
th:first-child, td:first-child { padding-left: 0; overflow-wrap: anywhere }
thead th { font-size: 12px; font-weight: 600; color: #6b6861 }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.quiet { color: #6b6861; font-size: 12px }
tfoot td, tfoot th { border-bottom: 0; padding-top: 3px; padding-bottom: 3px; font-weight: 400 }
tfoot .sum td, tfoot .sum th { font-weight: 600; border-top: 1px solid #21201c; padding-top: 8px }
tr { break-inside: avoid }
@media print { body { margin: 0; padding: 0; max-width: none } }
"""
_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The Content-Security-Policy of the page: its own style, and nothing else."""
_SETTLED = (PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED)
_ADDRESS = ("name", "line1", "line2", "city", "region", "postalCode", "country")


class Printed(NamedTuple):
    """A page of HTML, and what its file is called."""

    file_name: str
    page: str


def _file_name(order: Order) -> str:
    """Under which the page is saved: letters, digits and hyphens, whatever the number holds."""
    number = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in order.number)
    return f"{_title(order).lower().replace(' ', '-')}-{number}.html"


def _title(order: Order) -> str:
    return "Credit note" if order.kind == OrderKind.RETURN else "Invoice"


def _address(address: Mapping[str, Any], buyer: str) -> str:
    """The lines of an address; without a name of its own it has the buyer's."""
    lines = [str(address[name]) for name in _ADDRESS if address.get(name)]
    if lines and not address.get("name"):
        lines.insert(0, buyer)
    return "\n".join(escape(line) for line in lines)


def _seller(shop: Shop) -> str:
    """Who sells, by lines; without a name of its own it has the shop's."""
    seller = shop.seller
    lines = [seller.get("name") or shop.name, *(seller[name] for name in ("address", "number") if seller.get(name))]
    return "\n".join(escape(line) for line in lines)


def _cell(text: str, look: str = "") -> str:
    return f'<td class="{look}">{text}</td>'


def _line(line: Mapping[str, Any], currency: str, language: str) -> str:
    sku = f'<div class="quiet">{escape(line["sku"])}</div>' if line["sku"] and line["name"] else ""
    amounts = (plain(Decimal(line[name]), currency, language) for name in ("unitPrice", "total"))
    numbers = (format_decimal(int(line["quantity"]), locale=language), *amounts)
    return f"<tr>{_cell(escape(line['name'] or line['sku']) + sku)}{''.join(_cell(text, 'number') for text in numbers)}</tr>"


def _sums(order: Order) -> list[tuple[str, Decimal, str]]:
    found = [("Subtotal", order.subtotal, "")]
    found += [
        (label, amount, "") for label, amount in (("Discount", -order.discount), ("Shipping", order.shipping), ("Tax", order.tax)) if amount
    ]
    found.append(("Total", order.total, "sum"))
    back = standing.refunded(order)
    if order.kind == OrderKind.SALE and order.payment_status in _SETTLED:
        found += [("Paid", order.total, ""), *([("Given back", -back, "")] if back else [])]
    return found


def printed(order: Order, shop: Shop) -> Printed:
    """The page and its name."""
    return Printed(_file_name(order), _render(order, shop))


def _render(order: Order, shop: Shop) -> str:
    """The page; whatever people have typed stands in it as text."""
    title = f"{_title(order)} {order.number}"
    day = written_day(order.placed_at.astimezone(shop.zone).date(), shop.language)
    state = "Cancelled" if not order.counts else order.payment_status.replace("_", " ").capitalize()
    billing, shipping = (_address(one, order.customer_name) for one in (order.billing_address, order.shipping_address))
    sides = [("For", billing or escape(order.customer_name))]
    if shipping and shipping != billing:
        sides.append(("Sent to", shipping))
    sides.append(("Date", escape(day)))
    sides.append(("Payment", escape(state)))
    sums = "".join(
        f'<tr class="{look}"><td></td><th scope="row" colspan="2" class="number">{label}</th>'
        f'<td class="number">{written(amount, order.currency, shop.language)}</td></tr>'
        for label, amount, look in _sums(order)
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<header><h1>{escape(title)}</h1><p>{_seller(shop)}</p></header>",
            f'<div class="sides">{"".join(f"<div><h2>{label}</h2><p>{text}</p></div>" for label, text in sides)}</div>',
            '<table><thead><tr><th scope="col">Product</th><th scope="col" class="number">Quantity</th>',
            f'<th scope="col" class="number">Price</th><th scope="col" class="number">Total ({escape(order.currency)})</th></tr></thead>',
            f"<tbody>{''.join(_line(line, order.currency, shop.language) for line in order.lines)}</tbody>",
            f"<tfoot>{sums}</tfoot></table>",
            f"<h2>Note</h2><p>{escape(order.note)}</p>" if order.note else "",
            "</body></html>",
            "",
        ]
    )
