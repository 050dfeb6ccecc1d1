"""What the list of orders says and offers."""

from mewayz.domains.customers.state import CustomerTable
from mewayz.domains.orders.pages import orders_page
from mewayz.domains.orders.state import OrderTable
from mewayz.ui.table_keys import keys_button


def test_an_empty_list_says_what_this_person_can_do() -> None:
    page = str(orders_page().render())
    assert "grants" in page
    assert "Orders appear here as soon as somebody buys, through the API or by hand." in page
    assert "Orders appear here once the shop has entered them." in page


def test_only_the_keys_that_work_are_listed() -> None:
    orders, customers = (str(keys_button(state).render()) for state in (OrderTable, CustomerTable))
    for words in ("Select the row", "Select all rows up to here"):
        assert words in orders
        assert words in customers
    assert "Change the first cell of the row that can be changed" in customers
    assert "Change the first cell" not in orders, "its cells cannot be changed in place"
    assert "Open the row" in orders
