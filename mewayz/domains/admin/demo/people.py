"""The demo users: one of every role, so that permissions can be seen. Their addresses cannot receive mail (RFC 2606)."""

from typing import NamedTuple

from mewayz.backend.grants import Role
from mewayz.domains.users.model import Plan


class Person(NamedTuple):
    """A demo user."""

    name: str
    email: str
    role: Role
    plan: Plan


DEMO_USERS = (
    Person("Uma Demo", "user@demo.example", Role.USER, Plan.FREE),
    Person("Milo Demo", "moderator@demo.example", Role.MODERATOR, Plan.PRO),
    Person("Enid Demo", "enterprise@demo.example", Role.ENTERPRISE, Plan.ENTERPRISE),
    Person("Ada Demo", "admin@demo.example", Role.ADMIN, Plan.ENTERPRISE),
)

BUYER = DEMO_USERS[0]
"""The one who has orders."""
