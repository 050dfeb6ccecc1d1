"""The API keeps what its description promises, whatever an administrator sends to it."""

from typing import Any

from mewayz.backend.grants import Role
from tests.contract.api import Api
from tests.contract.described import FEW, described

schema = described()


@schema.parametrize()
@FEW
def test_as_an_administrator(case: Any, served: Api) -> None:
    case.call_and_validate(base_url=served.base, headers=served.headers(Role.ADMIN), session=served.session)
