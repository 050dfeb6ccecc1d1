"""Categories, tags and stock: plausible for the shipped products, and the same each time."""

from collections import Counter

import pytest

from mewayz.domains.admin.demo.source import slice_path
from mewayz.domains.admin.demo.survey import ProductInfo, catalogue
from mewayz.domains.admin.demo.taxonomy import CATEGORIES, MOST_TAGS, OTHER, category_of, demo_stock, tags_of


@pytest.fixture(scope="module")
def products() -> list[ProductInfo]:
    return [info for info in catalogue(slice_path()).values() if info.is_product]


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "Candles & Lighting"),
        ("PAPER CHAIN KIT 50'S CHRISTMAS", "Christmas & Seasonal"),
        ("LUNCH BAG VINTAGE DOILY", "Bags & Accessories"),
        ("HOT WATER BOTTLE BABUSHKA", "Home Textiles"),
        ("Small Popcorn Holder", "Cards, Wrap & Party"),
        ("SET OF 3 REGENCY CAKE TINS", "Kitchen & Baking"),
        ("HOT BATHS METAL SIGN", "Wall Art & Clocks"),
        ("CHICKPEAS", OTHER),
        ("", OTHER),
    ],
)
def test_the_words_of_the_name_give_the_category(name: str, category: str):
    assert category_of(name) == category


def test_most_products_have_a_category_of_their_own(products: list[ProductInfo]):
    sizes = Counter(category_of(info.name) for info in products)
    assert set(sizes) == set(CATEGORIES)
    assert sizes[OTHER] < 0.1 * len(products)
    assert max(sizes.values()) < 0.2 * len(products)


def test_every_product_has_one_to_three_tags(products: list[ProductInfo]):
    for info in products:
        tags = tags_of(info.name)
        assert 1 <= len(tags) == len(set(tags)) <= MOST_TAGS
    assert tags_of("RED RETROSPOT GLASS HEART") == ["retrospot", "hearts", "glass"]


def test_one_product_in_twenty_is_low(products: list[ProductInfo]):
    stock = [demo_stock(info.sku, info.units_sold_last_30_days) for info in products]
    low = sum(one.quantity < one.low_stock_threshold for one in stock)
    assert 0.03 < low / len(stock) < 0.07
    assert stock == [demo_stock(info.sku, info.units_sold_last_30_days) for info in products]


@pytest.mark.parametrize("units", [0, 1, 19, 20, 500, 80_995])
def test_stock_is_clearly_low_or_clearly_not(units: int):
    for number in range(10_000, 10_500):
        one = demo_stock(str(number), units)
        assert 5 <= one.low_stock_threshold <= 200
        assert 0 <= one.quantity < one.low_stock_threshold or one.quantity >= 2 * one.low_stock_threshold
