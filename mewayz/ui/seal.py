"""What Reflex keeps of a tab outside of this process, or tells other processes of it, is sealed.

Nobody who reads Redis sees what a page shows, such as backup codes, and nothing that others write there is unpickled here.
"""

import pickle
from typing import Any, BinaryIO

from cryptography.fernet import InvalidToken
from reflex.state import BaseState
from reflex.utils import token_manager
from reflex.utils.exceptions import StateSchemaMismatchError

from mewayz.backend import keys

_PURPOSE = "state"


class _SealedPickle:
    """Stands for the module `pickle` where Reflex notes who has which socket, and hands over what is for the socket of another process."""

    @staticmethod
    def dumps(value: Any) -> bytes:
        return keys.box(_PURPOSE).encrypt(pickle.dumps(value))

    @staticmethod
    def loads(data: bytes) -> Any:
        try:
            return pickle.loads(keys.box(_PURPOSE).decrypt(data))  # noqa: S301 (of our own making, or decrypt raises)
        except InvalidToken:
            raise pickle.UnpicklingError("this is not sealed by this installation") from None


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

    token_manager.pickle = _SealedPickle  # pyright: ignore[reportPrivateImportUsage, reportAttributeAccessIssue]
    sealed.seals = True  # pyright: ignore[reportFunctionMemberAccess]
    BaseState._serialize = sealed
    BaseState._deserialize = classmethod(opened)  # pyright: ignore[reportAttributeAccessIssue]
