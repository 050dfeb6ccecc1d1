"""Only paths of this site are gone on to."""

import pytest

from mewayz.ui.ways import is_inside


@pytest.mark.parametrize("wanted", ["/", "/products", "/products?sort=-name&search=a//b", "/orders/0123#x"])
def test_a_page_of_ours(wanted: str) -> None:
    assert is_inside(wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "products",
        "//evil.example",
        "/\\evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/%2e//evil.example",
        "/\t/evil.example",
    ],
)
def test_what_a_browser_might_read_as_another_site(wanted: str) -> None:
    assert not is_inside(wanted)
