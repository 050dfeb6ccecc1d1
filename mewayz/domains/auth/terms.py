"""The terms of use that people accept when they register: the owner's own, or those that Mewayz brings."""

import asyncio
from pathlib import Path
from typing import ClassVar

from mewayz.backend.access import public
from mewayz.backend.runtime import current

_FILE = "terms.txt"
_BROUGHT = Path(__file__).with_name(_FILE)


class Terms:
    """The text, read anew for everybody who asks, so that a new one counts at once."""

    noun: ClassVar[str] = "auth"

    @public
    async def text(self) -> str:
        """`terms.txt` of the data folder, else the text beside this module."""
        own = current().settings.data_dir / _FILE

        def read() -> str:
            return (own if own.is_file() else _BROUGHT).read_text("utf-8-sig", "replace").strip()

        return await asyncio.to_thread(read)


terms = Terms()
