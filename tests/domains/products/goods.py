"""Products with variants for tests, and what their ledger says."""

from typing import Any

from hypothesis import strategies as st

from mewayz.backend.access import Actor
from mewayz.backend.crud import read_query
from mewayz.backend.grants import Role
from mewayz.domains.products.ledger import MOVES, Item
from mewayz.domains.products.model import Product
from mewayz.domains.products.service import products

SELLER = Actor("a" * 24, "Seller", "seller@example.com", Role.ENTERPRISE)
SIZES = {"name": "Size", "values": ["S", "L"]}
COLOURS = {"name": "Colour", "values": ["Red", "Blue"]}
AMOUNTS = st.none() | st.decimals(0, 1000, places=2).map(str)
FORMER = st.none() | st.decimals(1000, 2000, places=2).map(str)
VARIANT = st.fixed_dictionaries(
    {
        "barcode": st.text("0123456789", max_size=5),
        "price": AMOUNTS,
        "compareAtPrice": FORMER,
        "cost": AMOUNTS,
        "stock": st.integers(0, 50),
    }
)
"""What a person or a file says of one, beside its values: amounts with two decimals, as text."""


async def tee(*stocks: int, **more: Any) -> Product:
    """A T-shirt in S / Red, S / Blue, L / Red, L / Blue: as many of them as there are stocks."""
    combinations = [[size, colour] for size in SIZES["values"] for colour in COLOURS["values"]]
    variants = [
        {"values": values, "sku": f"TEE-{values[0]}-{values[1]}".upper(), "stock": stock}
        for values, stock in zip(combinations, stocks, strict=False)
    ]
    return await products.create(SELLER, {"name": "Tee", "price": "20", "options": [SIZES, COLOURS], "variants": variants, **more})


def titles(product: Product) -> dict[str, int]:
    """The stock of each variant by its values."""
    return {"/".join(one["values"]): one["stock"] for one in product.variants}


def item(product: Product, title: str = "S/Red") -> Item:
    """The variant with these values."""
    return Item(product.id, next(one["id"] for one in product.variants if "/".join(one["values"]) == title))


async def entries(product: Product, **query: str) -> list[tuple[str, str, int, int, str]]:
    """(variant, reason, change, stock after it, note), the oldest first."""
    page, _ = await products.moves(SELLER, product.id, await read_query(MOVES, {"sort": "at", "limit": "100", **query}))
    return [(row["variant"], row["reason"], row["delta"], row["balance"], row["note"]) for row in page.rows]


async def numbers(product: Product, **query: str) -> tuple[int, int, int]:
    """Available, reserved, on hand."""
    _, standing = await products.moves(SELLER, product.id, await read_query(MOVES, query))
    return standing.stock, standing.reserved, standing.on_hand
