"""One mailbox is one account, however its address is typed."""

from hypothesis import example, given
from hypothesis import strategies as st

from mewayz.domains.users.model import normal_email, stored_email

_LETTERS = st.text(st.characters(categories=("L", "M", "Nd")), min_size=1, max_size=6)


@given(_LETTERS, _LETTERS)
@example("J\u030can", "example")  # there is no capital of ǰ: its caron stands behind it
@example("\u0130smail", "example")
def test_the_stored_form_of_an_address_is_the_stored_form_of_itself(name: str, host: str) -> None:
    try:
        stored = normal_email(f"{name}@{host}.com")
    except ValueError:
        return
    assert normal_email(stored) == stored == stored_email(f" {stored} ")
