"""`mewayz backup` and `mewayz restore`: everything comes back, and nothing is touched by a file that is not whole."""

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import ConfigError
from mewayz.cli import backup, dumps
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.service import auth
from mewayz.domains.products.service import products
from tests.cli.conftest import OWNER, Shell


def names(shell: Shell) -> dict[str, int]:
    """How many products there are in all and per status."""
    return shell.do(lambda _: products.stats(SYSTEM))


def add(shell: Shell, name: str) -> None:
    shell.do(lambda _: products.create(SYSTEM, {"name": name, "price": "1"}))


@pytest.fixture
def saved(shell: Shell, tmp_path: Path) -> Path:
    """A backup of a shop with one product and one upload."""
    add(shell, "Mug")
    (shell.settings.upload_dir / "products").mkdir(parents=True)
    (shell.settings.upload_dir / "products" / "mug.txt").write_text("blue")
    file = tmp_path / "shop.tar.gz"
    shell("backup", file)
    return file


def test_everything_comes_back(shell: Shell, saved: Path) -> None:
    uploads = shell.settings.upload_dir
    add(shell, "Pen")
    (uploads / "products" / "mug.txt").write_text("red")
    (uploads / "later.txt").write_text("later")
    found = shell.json("restore", saved, "--yes")
    assert found["sameSecret"] is True
    assert names(shell)["total"] == 1
    assert (uploads / "products" / "mug.txt").read_text() == "blue"
    assert [path.name for path in uploads.iterdir()] == ["products"]
    shell.do(lambda _: auth.sign_in(LoginPayload(email=OWNER["email"], password=OWNER["password"])))
    add(shell, "Cup")
    assert names(shell)["total"] == 2
    assert shell.json("audit", "verify")["brokenAt"] is None


def test_a_backup_is_for_its_owner_only_and_is_not_overwritten(shell: Shell, saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    assert "exists already" in shell("backup", saved, code=1).stderr
    shell("backup", saved, "--force")
    assert [path.name for path in saved.parent.iterdir() if path.name.startswith(".mewayz")] == []


def test_restoring_asks(shell: Shell, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(shell, "Pen")
    assert "add --yes" in shell("restore", saved, code=1).stderr
    monkeypatch.setattr(backup, "is_interactive", lambda: True)
    assert "Aborted!" in shell("restore", saved, code=1, given="n\n").stderr
    assert names(shell)["total"] == 2
    shell("restore", saved, given="y\n")
    assert names(shell)["total"] == 1


def test_an_empty_installation_can_be_restored_into(shell: Shell, saved: Path, lone: Shell) -> None:
    if dumps.engine(shell.settings) != "sqlite":
        assert "holds a postgresql database" in lone("restore", saved, "--yes", code=1).stderr
        return
    Path(lone.settings.database_url.removeprefix("sqlite:///")).unlink()
    lone("restore", saved, "--yes")
    assert names(lone)["total"] == 1


def test_the_secret_of_the_data_folder_comes_with_it(lone: Shell, tmp_path: Path) -> None:
    lone.environment["MEWAYZ_SECRET_KEY"] = None
    lone("create-admin", "--email", OWNER["email"], "--name", OWNER["name"], "--password-stdin", given=OWNER["password"])
    secret = lone.settings.data_dir / "secret.key"
    before = secret.read_text()
    assert lone.json("backup", tmp_path / "shop.tar")["secretIncluded"] is True
    secret.write_text("another secret, with enough characters")
    lone("restore", tmp_path / "shop.tar", "--yes")
    assert secret.read_text() == before
    assert secret.stat().st_mode & 0o777 == 0o600


def test_a_secret_of_the_environment_does_not(lone: Shell, tmp_path: Path) -> None:
    (lone.settings.data_dir / "secret.key").write_text("of an earlier time")
    assert "MEWAYZ_SECRET_KEY is not in it" in lone("backup", tmp_path / "shop.tar").stdout
    lone.environment["MEWAYZ_SECRET_KEY"] = "quite another secret that is long enough 0123456789"
    found = lone.json("restore", tmp_path / "shop.tar", "--yes")
    assert found["sameSecret"] is False


def _tar(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"other": b""}, "other does not belong into it"),
        ({"uploads__..__..__evil": b""}, "does not belong into it"),
        ({"manifest.json": b"{"}, "is damaged"),
        ({"database": b""}, "is no backup"),
        ({"manifest.json": b'{"format": 2}'}, "newer Mewayz"),
        ({"manifest.json": b'{"format": 1, "revision": "9999"}'}, "newer Mewayz"),
        ({"manifest.json": b'{"format": 1, "revision": "0001", "engine": "sqlite"}', "database": b"no database"}, "is damaged"),
    ],
)
def test_a_file_that_is_no_backup_changes_nothing(lone: Shell, tmp_path: Path, members: dict[str, bytes], words: str) -> None:
    add(lone, "Mug")
    said = lone("restore", _tar(tmp_path / "bad.tar", **members), "--yes", code=1).stderr
    assert words in said
    assert len(said.splitlines()) == 1
    assert names(lone)["total"] == 1


def test_a_backup_cut_short(shell: Shell, saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-200])
    assert "is damaged" in shell("restore", saved, "--yes", code=1).stderr
    assert names(shell)["total"] == 1


def test_a_folder_that_is_not_there(lone: Shell, tmp_path: Path) -> None:
    said = lone("backup", tmp_path / "none" / "shop.tar", code=1).stderr
    assert "cannot be written" in said
    assert len(said.splitlines()) == 1


def test_without_the_programs_of_postgresql(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dumps.shutil, "which", lambda *_, **__: None)
    sqlite = dumps.engine(shell.settings) == "sqlite"
    done: Any = shell("backup", tmp_path / "shop.tar", code=0 if sqlite else 1)
    assert sqlite or "pg_dump was not found. Install" in done.stderr


def test_no_password_is_in_the_arguments_of_a_program(lone: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        seen.update(command=command, **options)
        return subprocess.CompletedProcess(command, 1, "", "pg_dump: error: connection refused.\nmore")

    monkeypatch.setattr(dumps.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(dumps.subprocess, "run", run)
    settings = lone.settings.model_copy(update={"database_url": "postgresql://shop:s%40cret@db:5433/shop?sslmode=require"})
    with pytest.raises(ConfigError, match=r"^pg_dump failed: connection refused\.$"):
        dumps.dump(settings, tmp_path / "dump")
    assert seen["env"]["PGPASSWORD"] == "s@cret"
    assert "cret" not in " ".join(seen["command"])
    assert "--dbname=postgresql://shop@db:5433/shop?sslmode=require" in seen["command"]
