"""`mewayz openapi` prints what a running server would answer."""

from pathlib import Path

import orjson

from mewayz.backend.openapi import describe
from mewayz.rooms import ENDPOINTS
from tests.cli.conftest import Shell


def test_the_document_is_printed_or_written(lone: Shell, tmp_path: Path) -> None:
    printed = lone("openapi").stdout_bytes
    assert orjson.loads(printed) == orjson.loads(orjson.dumps(describe(ENDPOINTS)))
    lone("openapi", "--out", tmp_path / "openapi.json")
    assert (tmp_path / "openapi.json").read_bytes() == printed


def test_a_file_that_cannot_be_written(lone: Shell, tmp_path: Path) -> None:
    assert "cannot be written" in lone("openapi", "--out", tmp_path / "none" / "openapi.json", code=1).stderr
