"""The secret half of a user: never cached, never sent, never in the audit trail."""

from sqlmodel import Field

from mewayz.backend.documents import PRIVATE, Collection, Document
from mewayz.backend.passwords import hash_password


class Credential(Document, table=True):
    """The password hash of the user with the same id."""

    __tablename__ = "credentials"

    password_hash: str = Field(sa_column_kwargs=PRIVATE)


credentials = Collection(Credential, "credentials", audited=False)


async def set_password(user_id: str, password: str) -> None:
    """Store the hash of a password that has been checked, replacing an earlier one.

    Raises:
        Unavailable: too many hashes are being computed.
    """
    hashed = await hash_password(password)
    if await credentials.find(id=user_id):
        await credentials.patch(user_id, {"password_hash": hashed})
    else:
        await credentials.add(Credential(id=user_id, password_hash=hashed))
