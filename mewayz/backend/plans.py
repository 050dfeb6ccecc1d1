"""How a waiting file is to be imported, as a person has chosen it."""

from collections.abc import Sequence
from dataclasses import dataclass

from mewayz.backend.loads import Mode, OnError


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person has chosen for a file.

    Attributes:
        paths: the field that each column fills, in their order; empty leaves the column out.
        mode: what a known record means.
        on_error: what a bad row does to the others.
        encoding: of the file's text, where it is not UTF-8.
        date_format: of its times, where they could mean several.
        decimals: the sign before the decimals of its amounts; empty finds it.
    """

    paths: Sequence[str] = ()
    mode: Mode = Mode.UPSERT
    on_error: OnError = OnError.STOP
    encoding: str = ""
    date_format: str = ""
    decimals: str = ""


USUAL = Plan()
