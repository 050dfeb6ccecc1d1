"""The benchmarks can be started, and their page names each of them."""

import re

from bench.__main__ import SUBJECTS
from tests.services import ROOT


def test_every_subject_is_described_and_measures() -> None:
    described = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "bench" / "README.md").read_text(), re.MULTILINE)
    assert sorted(described) == sorted(SUBJECTS)
    assert all(callable(subject.measure) for subject in SUBJECTS.values())
