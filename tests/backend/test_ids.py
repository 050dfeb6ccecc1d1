"""Ids: unique, ordered by time, the shape of an ObjectId."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from mewayz.backend import ids
from mewayz.backend.ids import is_id, new_id


def test_ids_are_unique_across_threads() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = [one for many in threads.map(lambda _: [new_id() for _ in range(500)], range(8)) for one in many]
    assert len(set(found)) == 4000
    assert all(is_id(one) for one in found)


def test_a_child_process_makes_other_ids() -> None:
    mine = new_id()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 100).decode()
    os.close(read)
    os.close(write)
    assert is_id(theirs)
    assert theirs[8:18] != mine[8:18]


def test_ids_begin_with_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids.time, "time", lambda: 1_700_000_000.9)
    earlier = new_id()
    monkeypatch.setattr(ids.time, "time", lambda: 1_700_000_001.0)
    assert earlier < new_id()
    assert int(earlier[:8], 16) == 1_700_000_000


@pytest.mark.parametrize("text", ["", "x" * 24, "A" * 24, "0" * 23, "0" * 25, "0" * 24 + "\n", " " + "0" * 23])
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_id(text)
