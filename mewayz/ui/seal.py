"""What Reflex keeps of a tab outside of this process is sealed.

Nobody who reads Redis sees what a page shows, such as backup codes, and nothing that others write there is unpickled here.
"""

from typing import BinaryIO

from cryptography.fernet import InvalidToken
from reflex.state import BaseState
from reflex.utils.exceptions import StateSchemaMismatchError

from mewayz.backend import keys

_PURPOSE = "state"


def seal_states() -> None:
    """Put the seal around Reflex's own way to and from bytes, once."""
    pack, unpack = BaseState._serialize, BaseState._deserialize.__func__  # pyright: ignore[reportFunctionMemberAccess]
    if getattr(pack, "seals", False):
        return

    def sealed(self: BaseState) -> bytes:
        data = pack(self)
        return keys.box(_PURPOSE).encrypt(data) if data else data

    def opened(cls: type[BaseState], data: bytes | None = None, fp: BinaryIO | None = None) -> BaseState:
        kept = fp.read() if fp is not None else data or b""
        try:
            return unpack(cls, keys.box(_PURPOSE).decrypt(kept))
        except InvalidToken:
            # Of an earlier version, under a secret that is gone, or not ours at all: the page begins anew.
            raise StateSchemaMismatchError("the stored state is not sealed by this installation") from None

    sealed.seals = True  # pyright: ignore[reportFunctionMemberAccess]
    BaseState._serialize = sealed
    BaseState._deserialize = classmethod(opened)  # pyright: ignore[reportAttributeAccessIssue]
