"""Who may do what: roles, and what each is granted.

A permission is `noun:verb`. GRANTS maps role → permission → scope; what is not listed is refused.
"""

from enum import StrEnum


class Role(StrEnum):
    """The four roles, weakest first."""

    USER = "user"
    MODERATOR = "moderator"
    ENTERPRISE = "enterprise"
    ADMIN = "admin"


class Scope(StrEnum):
    """How far a grant reaches: every record, or only the person's own."""

    ANY = "any"
    OWN = "own"


ANY, OWN = Scope.ANY, Scope.OWN


def _verbs(noun: str, scope: Scope, *verbs: str) -> dict[str, Scope]:
    return {f"{noun}:{verb}": scope for verb in verbs}


_CRUD = ("read", "create", "update", "delete", "import", "export")

GRANTS: dict[Role, dict[str, Scope]] = {
    Role.USER: {
        **_verbs("users", OWN, "read"),
        **_verbs("products", ANY, "read"),
        **_verbs("orders", OWN, "read", "export", "cancel"),
        **_verbs("analytics", OWN, "read"),
    },
    Role.MODERATOR: {
        **_verbs("users", ANY, "read"),
        **_verbs("products", ANY, "read", "update"),
        **_verbs("stock", ANY, "read", "update"),
        **_verbs("orders", ANY, "read"),
        **_verbs("customers", ANY, "read", "update"),
        **_verbs("analytics", ANY, "read", "explore"),
    },
    Role.ENTERPRISE: {
        **_verbs("users", OWN, "read"),
        **_verbs("products", ANY, *_CRUD),
        **_verbs("stock", ANY, "read", "update"),
        **_verbs("orders", ANY, *_CRUD, "cancel"),
        **_verbs("customers", ANY, *_CRUD),
        **_verbs("imports", ANY, "read", "create", "delete"),
        **_verbs("analytics", ANY, "read", "explore"),
    },
    Role.ADMIN: {
        **_verbs("users", ANY, *_CRUD),
        **_verbs("products", ANY, *_CRUD),
        **_verbs("stock", ANY, "read", "update"),
        **_verbs("orders", ANY, *_CRUD, "cancel"),
        **_verbs("customers", ANY, *_CRUD),
        **_verbs("imports", ANY, "read", "create", "delete"),
        **_verbs("analytics", ANY, "read", "explore"),
        **_verbs("admin", ANY, "read", "update"),
    },
}

PERMISSIONS = frozenset(permission for grants in GRANTS.values() for permission in grants)
_READING = frozenset({"read", "explore"})
READS = frozenset(name for name in PERMISSIONS if name.partition(":")[2] in _READING)
"""The permissions that only read: what is left to who views as another role."""
