"""The state of a tab leaves this process sealed, and comes back only if it was sealed here."""

import pickle
from typing import Any

import pytest
import reflex as rx
from pydantic import SecretStr
from reflex.state import BaseState
from reflex.utils import token_manager
from reflex.utils.exceptions import StateSchemaMismatchError

from mewayz.backend.runtime import Runtime
from mewayz.ui.seal import seal_states

CODE = "abcde-fghjk"


class Shown(rx.State):
    """A page that shows a secret."""

    code: str = ""


class Bomb:
    """Does something when it is unpickled."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("it was unpickled",)


@pytest.fixture
def sealed(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """The seal around Reflex's own methods, which are put back after the test."""
    for name in ("_serialize", "_deserialize"):
        monkeypatch.setattr(BaseState, name, BaseState.__dict__[name])
    monkeypatch.setattr(token_manager, "pickle", token_manager.pickle)
    seal_states()
    return sqlite_runtime


async def test_a_state_comes_back_and_nobody_else_reads_it(sealed: Runtime) -> None:
    state = Shown(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state.code = CODE
    kept = state._serialize()
    assert CODE.encode() not in kept
    assert BaseState._deserialize(data=kept).code == CODE  # pyright: ignore[reportAttributeAccessIssue]
    seal_states()
    assert BaseState._deserialize(data=state._serialize()).code == CODE  # pyright: ignore[reportAttributeAccessIssue]


async def test_a_new_secret_opens_what_the_one_before_has_sealed(sealed: Runtime) -> None:
    state = Shown(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    kept, settings = state._serialize(), sealed.settings
    sealed.settings = settings.model_copy(update={"secret_key": SecretStr("new" * 20), "secret_key_previous": (settings.secret_key,)})
    assert isinstance(BaseState._deserialize(data=kept), Shown)
    sealed.settings = settings.model_copy(update={"secret_key": SecretStr("other" * 20)})
    with pytest.raises(StateSchemaMismatchError):
        BaseState._deserialize(data=kept)


async def test_what_others_have_written_is_not_unpickled(sealed: Runtime) -> None:
    for data in (pickle.dumps(((), Bomb())), b"", b"nonsense"):
        with pytest.raises(StateSchemaMismatchError):
            BaseState._deserialize(data=data)


async def test_what_processes_tell_each_other_is_sealed_too(sealed: Runtime) -> None:
    told = token_manager.pickle.dumps({"code": CODE})
    assert CODE.encode() not in told
    assert token_manager.pickle.loads(told) == {"code": CODE}
    with pytest.raises(pickle.UnpicklingError):
        token_manager.pickle.loads(pickle.dumps(Bomb()))
