"""Roles: the table of what each may do, and looking at the product as another one sees it."""

from typing import Any, ClassVar

from sqlalchemy import bindparam, select, update

from mewayz.backend import audit
from mewayz.backend.access import Actor, allow, signed_in
from mewayz.backend.errors import Forbidden
from mewayz.backend.grants import GRANTS, Role
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.auth.model import sessions
from mewayz.domains.users.model import users_collection

_users, _sessions = users_collection.table, sessions.table
_VIEW = update(_sessions).where(_sessions.c.id == bindparam("id_")).values(viewing_as=bindparam("role"))
_ROLE = select(_users.c.role).where(_users.c.id == bindparam("id_"))


class Roles:
    """For administrators."""

    noun: ClassVar[str] = "auth"

    @allow("admin:read")
    async def table(self, actor: Actor) -> dict[str, Any]:
        """The GRANTS table: every permission with the reach that each role has."""
        names = sorted({permission for grants in GRANTS.values() for permission in grants})
        rows = [
            {"permission": name, "scopes": {role.value: GRANTS[role][name].value for role in Role if name in GRANTS[role]}}
            for name in names
        ]
        return {"roles": [role.value for role in Role], "permissions": rows}

    @signed_in
    async def view_as(self, actor: Actor, role: Role | None) -> str:
        """Look at the product as another role sees it, or (None) no longer. Nothing can be changed meanwhile.

        Raises:
            Forbidden: only administrators may.
        """
        if await current().database.value(_ROLE, {"id_": actor.id}) != Role.ADMIN or not actor.session_id:
            raise Forbidden
        chosen = role.value if role else ""
        async with unit() as opened:
            await current().database.execute(_VIEW, {"id_": actor.session_id, "role": chosen})
            audit.record(opened, "auth.viewing_as", actor.id, {"role": chosen}, risk="medium")
        return chosen


roles = Roles()
