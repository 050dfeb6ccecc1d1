"""`mewayz audit verify`: whether the audit trail is the one that was written."""

import click

from mewayz.backend import audit as trail
from mewayz.backend.errors import MewayzError
from mewayz.backend.runtime import Runtime
from mewayz.cli.command import Command, counted, epilog, json_option, run_on_data, say


class BrokenTrail(MewayzError):
    """The audit trail was changed after it had been written."""

    code = "audit.broken"


@click.group()
def audit() -> None:
    """Verify the audit trail."""


@audit.command(
    cls=Command,
    epilog=epilog("mewayz audit verify", more="Exit codes: 0 the trail is whole, 1 it is broken or cannot be read, 2 wrong usage."),
)
@json_option
def verify(as_json: bool) -> None:
    """Recompute the chain of hashes over the audit trail from its first entry.

    Entries of the last moments are chained a little later; they are counted as pending.
    """

    async def work(_: Runtime) -> trail.Verification:
        return await trail.verify()

    found = run_on_data(work, reads_only=True)
    if found.broken_at is not None:
        raise BrokenTrail(
            f"The audit trail is broken at entry {found.broken_at:,}: it, or one before it, was changed, removed or put in later. "
            f"The {counted(found.checked, 'entry', 'entries')} before it {'is' if found.checked == 1 else 'are'} untouched."
        )
    words = f"The audit trail is whole: {counted(found.checked, 'entry', 'entries')} checked"
    words += f", {counted(found.pending, 'entry', 'entries')} not chained yet." if found.pending else "."
    say(words, {"checked": found.checked, "pending": found.pending, "brokenAt": None}, as_json=as_json)
