"""The secret half of a user: never cached, never sent, never in the audit trail."""

from sqlmodel import Field

from mewayz.backend.collection import Collection
from mewayz.backend.documents import PRIVATE, Document


class Credential(Document, table=True):
    """The password hash of the user with the same id."""

    __tablename__ = "credentials"

    password_hash: str = Field(sa_column_kwargs=PRIVATE)


credentials = Collection(Credential, "credentials", audited=False)


async def store_hash(user_id: str, password_hash: str) -> None:
    """Keep the hash of a password that has been checked, in place of an earlier one."""
    if await credentials.find(id=user_id):
        await credentials.patch(user_id, {"password_hash": password_hash})
    else:
        await credentials.add(Credential(id=user_id, password_hash=password_hash))
