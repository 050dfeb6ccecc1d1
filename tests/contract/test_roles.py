"""The API keeps what its description promises to everybody else too, with the rights that they have."""

from typing import Any

from mewayz.backend.grants import Role
from tests.contract.api import Api
from tests.contract.described import FEW, described

OTHERS = (None, Role.USER, Role.MODERATOR, Role.ENTERPRISE)
# They meet the same handlers: what is refused there in each value, test_administrator.py asks.
schema = described(coverage={"enabled": False})


@schema.parametrize()
@FEW
def test_as_others(case: Any, served: Api) -> None:
    for role in OTHERS:
        try:
            case.call_and_validate(base_url=served.base, headers=served.headers(role), session=served.session)
        except Exception as error:
            error.add_note(f"asked by {role or 'nobody'}")
            raise
