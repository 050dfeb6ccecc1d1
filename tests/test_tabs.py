"""The tabs of the tests leave nothing behind."""

from mewayz.ui import news
from tests.tabs import tab


def test_a_tab_follows_nothing() -> None:
    """Else each later test that changes a record would wait, at its end, until this tab had been told."""
    before = dict(news._followers)
    news.follow(tab("/"), None, "products")
    assert news._followers == before
