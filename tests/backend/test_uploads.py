"""Files that wait for an import: nobody else finds them, there are few of them, and they do not stay."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from mewayz.backend import clock, uploads
from mewayz.backend.access import Actor
from mewayz.backend.errors import Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime

TEXT = "sku,price\nM-1,2\n"
ANNA = Actor("a" * 24, "Anna", role=Role.ADMIN, session_id="one")
ELSEWHERE = Actor("a" * 24, "Anna", role=Role.ADMIN, session_id="two")
BOB = Actor("b" * 24, "Bob", role=Role.ADMIN, session_id="one")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "stock.csv"
    found.write_text(TEXT)
    return found


def waiting(runtime: Runtime) -> list[Path]:
    return list((runtime.settings.data_dir / "waiting").glob("*/*"))


async def test_only_its_session_finds_a_file(sqlite_runtime: Runtime, file: Path) -> None:
    kept = uploads.keep(ANNA, "products", "stock.csv", file)
    found = uploads.find(ANNA, kept.id)
    assert (found.noun, found.name, found.file.read_text()) == ("products", "stock.csv", TEXT)
    for other in (ELSEWHERE, BOB):
        with pytest.raises(NotFound):
            uploads.find(other, kept.id)
        uploads.discard(other, kept.id)
    assert uploads.find(ANNA, kept.id).file.exists()
    uploads.discard(ANNA, kept.id)
    with pytest.raises(NotFound):
        uploads.find(ANNA, kept.id)
    assert waiting(sqlite_runtime) == []


@pytest.mark.parametrize("key", ["", "..", "../../secret.key", "f" * 24, "a/b"])
async def test_only_ids_are_looked_for(sqlite_runtime: Runtime, key: str) -> None:
    with pytest.raises(NotFound):
        uploads.find(ANNA, key)
    uploads.discard(ANNA, key)
    assert sqlite_runtime.settings.data_dir.exists()


async def test_others_on_the_machine_may_not_read_it(sqlite_runtime: Runtime, file: Path) -> None:
    kept = uploads.keep(ANNA, "products", "stock.csv", file)
    kept.mend({2: {"price": "3"}})
    for path in kept.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((sqlite_runtime.settings.data_dir / "waiting").stat().st_mode) == 0o700


async def test_it_goes_when_it_has_expired(sqlite_runtime: Runtime, file: Path) -> None:
    old = uploads.keep(ANNA, "products", "old.csv", file)
    used = uploads.keep(ANNA, "products", "used.csv", file)
    with clock.frozen(clock.now() + uploads.EXPIRES - timedelta(minutes=1)):
        uploads.find(ANNA, used.id)
    with clock.frozen(clock.now() + uploads.EXPIRES + timedelta(minutes=1)):
        with pytest.raises(NotFound):
            uploads.find(ANNA, old.id)
        uploads.sweep()
        assert [path.name for path in waiting(sqlite_runtime)] == [used.id]
    with clock.frozen(clock.now() + 3 * uploads.EXPIRES):
        uploads.sweep()
    assert list((sqlite_runtime.settings.data_dir / "waiting").iterdir()) == []


async def test_there_are_few_of_them(sqlite_runtime: Runtime, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for minute in range(uploads.MOST + 1):
        with clock.frozen(clock.now() + timedelta(minutes=minute)):
            kept.append(uploads.keep(ANNA, "products", f"{minute}.csv", file).id)
    assert {path.name for path in waiting(sqlite_runtime)} == set(kept[1:]), "the oldest made room"
    monkeypatch.setattr(uploads, "MOST_OF_ALL", uploads.MOST)
    with pytest.raises(uploads.TooManyWaiting):
        uploads.keep(BOB, "products", "one.csv", file)


async def test_an_empty_file_is_refused(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    with pytest.raises(Invalid):
        uploads.keep(ANNA, "products", "empty.csv", tmp_path / "empty.csv")


async def test_what_is_mended_is_kept_beside_what_was_before(sqlite_runtime: Runtime, file: Path) -> None:
    kept = uploads.keep(ANNA, "products", "stock.csv", file)
    assert kept.mended() == {}
    kept.mend({2: {"price": "3"}, 4: {"sku": "X"}})
    kept.mend({2: {"price": "4"}, 4: {"price": "5"}})
    assert uploads.find(ANNA, kept.id).mended() == {2: {"price": "4"}, 4: {"sku": "X", "price": "5"}}
