"""Products: what the shop sells, with prices and stock."""
