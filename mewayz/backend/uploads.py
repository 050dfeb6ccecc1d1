"""Files that somebody is about to import: kept for one session, for a while, on the disk alone.

They may hold anything, passwords too. So nobody but their session finds them, and they go as soon as they have been
imported or their page is left, at the latest when they expire. All workers of an installation share the data folder.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import orjson

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.errors import Invalid, NotFound, Unavailable
from mewayz.backend.ids import is_id, new_id
from mewayz.backend.runtime import current

EXPIRES = timedelta(hours=1)
MOST = 3  # of one session; the oldest makes room
MOST_OF_ALL = 100
MAX_NAME = 200
SWEEP = 300.0  # seconds between two looks for what has expired

_FILE, _ABOUT, _MENDED = "file", "about.json", "mended.json"
_GONE = "This file is no longer here. Choose it again."

Mended = Mapping[int, Mapping[str, str]]
"""Line → path → the text that was typed in place of what the file says."""


class TooManyWaiting(Unavailable):
    """The disk is not for keeping files that nobody imports."""

    code = "imports.too_many_waiting"
    default_message = "Too many files are waiting to be imported. Try again in a few minutes."


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits.

    Attributes:
        id: by which its session finds it.
        noun: whose records it holds.
        name: what it was called where it came from.
        folder: where it lies, with what has been mended in it.
    """

    id: str
    noun: str
    name: str
    folder: Path

    @property
    def file(self) -> Path:
        """The file itself."""
        return self.folder / _FILE

    def mended(self) -> dict[int, dict[str, str]]:
        """What was typed in place of bad rows."""
        try:
            found = orjson.loads((self.folder / _MENDED).read_bytes())
        except FileNotFoundError:
            return {}
        return {int(line): cells for line, cells in found.items()}

    def mend(self, cells: Mended) -> None:
        """Keep what was typed, beside what was typed before."""
        before = self.mended()
        whole = before | {line: {**before.get(line, {}), **found} for line, found in cells.items()}
        _write(self.folder / _MENDED, orjson.dumps({str(line): found for line, found in whole.items()}))


def _root() -> Path:
    return current().settings.data_dir / "waiting"


def _own(actor: Actor) -> Path:
    """The folder of a session; its name tells nobody whose it is."""
    return _root() / hashlib.sha256(f"{actor.id} {actor.session_id}".encode()).hexdigest()[:32]


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def _touch(folder: Path) -> None:
    moment = clock.now().timestamp()
    os.utime(folder, (moment, moment))


def _waiting(folder: Path) -> list[Path]:
    """The uploads below a folder, the one that was used last at the end."""
    times: list[tuple[float, Path]] = []
    for path in folder.glob("*"):
        try:
            times.append((path.stat().st_mtime, path))
        except FileNotFoundError:  # another worker was faster
            continue
    return [path for _, path in sorted(times)]


def keep(actor: Actor, noun: str, name: str, file: Path) -> Upload:
    """Take a copy of a file for this session.

    Raises:
        Invalid: it is empty. TooManyWaiting.
    """
    if not file.stat().st_size:
        raise Invalid("This file is empty.", code="file.broken")
    sweep()
    own = _own(actor)
    _root().mkdir(mode=0o700, parents=True, exist_ok=True)
    own.mkdir(mode=0o700, exist_ok=True)
    for folder in _waiting(own)[: -(MOST - 1)]:
        shutil.rmtree(folder, ignore_errors=True)
    if sum(1 for _ in _root().glob("*/*")) >= MOST_OF_ALL:
        raise TooManyWaiting
    upload_id = new_id()
    upload = Upload(upload_id, noun, name.strip()[:MAX_NAME] or "file", own / upload_id)
    upload.folder.mkdir(mode=0o700, parents=True)  # another worker may just have swept the parent
    with file.open("rb") as found, os.fdopen(os.open(upload.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
        shutil.copyfileobj(found, kept)
    _write(upload.folder / _ABOUT, orjson.dumps({"noun": upload.noun, "name": upload.name}))
    _touch(upload.folder)
    return upload


def find(actor: Actor, upload_id: str) -> Upload:
    """A file of this session, which thereby waits anew.

    Raises:
        NotFound: there is none, it has expired, or it is of another session.
    """
    if not is_id(upload_id):
        raise NotFound(_GONE)
    folder = _own(actor) / upload_id
    try:
        if _expired(folder):
            raise NotFound(_GONE)
        about = orjson.loads((folder / _ABOUT).read_bytes())
        _touch(folder)
    except (FileNotFoundError, orjson.JSONDecodeError):
        raise NotFound(_GONE) from None
    return Upload(upload_id, about["noun"], about["name"], folder)


def discard(actor: Actor, upload_id: str) -> None:
    """Remove a file of this session, if it is there."""
    if is_id(upload_id):
        shutil.rmtree(_own(actor) / upload_id, ignore_errors=True)


def _expired(folder: Path) -> bool:
    return folder.stat().st_mtime < (clock.now() - EXPIRES).timestamp()


def sweep() -> None:
    """Remove what has expired, and the folders of sessions that have nothing left."""
    for own in _folders(_root()):
        for folder in _folders(own):
            try:
                if _expired(folder):
                    shutil.rmtree(folder, ignore_errors=True)
            except FileNotFoundError:
                continue
        try:
            own.rmdir()
        except OSError:  # something is left in it
            continue


def _folders(root: Path) -> Iterator[Path]:
    return (path for path in root.glob("*") if path.is_dir())


async def keep_sweeping() -> None:
    """Sweep now and again and again, until cancelled."""
    while True:
        await asyncio.to_thread(sweep)
        await asyncio.sleep(SWEEP)
