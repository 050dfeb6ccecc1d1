"""Keys: one per purpose, none says anything about another, and an earlier secret is read and never written with."""

import pytest
from cryptography.fernet import InvalidToken
from pydantic import SecretStr

from mewayz.backend import keys
from mewayz.backend.runtime import Runtime
from tests.services import SECRET

PURPOSES = ("access", "totp", "backup", "password", "limits", "tickets", "refresh")


def use(runtime: Runtime, *secrets: str) -> None:
    """The newest secret, and those before it."""
    newest, *previous = map(SecretStr, secrets)
    runtime.settings = runtime.settings.model_copy(update={"secret_key": newest, "secret_key_previous": tuple(previous)})


def test_every_purpose_has_a_key_of_its_own(sqlite_runtime: Runtime) -> None:
    found = [keys.newest(purpose)[1] for purpose in PURPOSES]
    assert len(set(found)) == len(PURPOSES)
    assert {len(key) for key in found} == {32}
    assert SECRET.encode() not in found


def test_a_name_belongs_to_a_secret_and_tells_nothing_of_it(sqlite_runtime: Runtime) -> None:
    names = {keys.newest(purpose)[0] for purpose in PURPOSES}
    assert len(names) == 1
    [name] = names
    assert len(name) == 8
    assert all(name not in key.hex() for purpose in PURPOSES for key in keys.ring(purpose))
    use(sqlite_runtime, "another")
    assert keys.newest("access")[0] != name


def test_the_newest_writes_and_all_read(sqlite_runtime: Runtime) -> None:
    old_name, old_key = keys.newest("access")
    old_digest = keys.digest("backup", "text")
    use(sqlite_runtime, "newer", "between", SECRET)
    name, key = keys.newest("access")
    assert key != old_key
    assert (keys.named("access", name), keys.named("access", old_name)) == (key, old_key)
    assert [keys.ring("access")[index] for index in (0, -1)] == [key, old_key]
    assert keys.digest("backup", "text") == keys.digests("backup", "text")[0] != old_digest == keys.digests("backup", "text")[-1]
    use(sqlite_runtime, "newer", "between")
    assert keys.named("access", old_name) is None
    assert old_digest not in keys.digests("backup", "text")


@pytest.mark.parametrize("name", ["", "x", "00000000", "é", "\0"])
def test_an_unknown_name_has_no_key(sqlite_runtime: Runtime, name: str) -> None:
    assert keys.named("access", name) is None


def test_two_processes_of_one_secret_agree(sqlite_runtime: Runtime) -> None:
    found = keys.newest("access"), keys.digest("limits", "text")
    keys._derived.cache_clear()
    keys._kid.cache_clear()
    assert (keys.newest("access"), keys.digest("limits", "text")) == found


def test_a_key_encrypts(sqlite_runtime: Runtime) -> None:
    sealed = keys.box("totp").encrypt(b"secret")
    assert keys.box("totp").decrypt(sealed) == b"secret"
    with pytest.raises(InvalidToken):
        keys.box("other").decrypt(sealed)
