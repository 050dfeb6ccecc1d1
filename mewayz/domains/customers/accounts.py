"""A customer's account: the user with the same e-mail address. Who may not see all users learns nothing of it, through no filter."""

from collections.abc import Collection

from mewayz.backend.access import Actor, check, scope_of
from mewayz.backend.grants import Scope

_PERMISSION = "users:read"


def may_ask_plan(actor: Actor) -> bool:
    """Whether this person may ask for the plans of customers' accounts."""
    return scope_of(actor, _PERMISSION) is Scope.ANY


def check_plan(actor: Actor, filters: Collection[str]) -> None:
    """Make sure of it where the filter `plan` is set.

    Raises:
        Forbidden.
    """
    if "plan" in filters:
        check(actor, _PERMISSION, every=True)
