"""The controls of a form."""

from mewayz.ui.form_field import Field


def test_ids_of_controls() -> None:
    assert Field("inventory.stock", "In stock").id == "field_inventory_stock"
