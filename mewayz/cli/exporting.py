"""`mewayz export`: the rows of a list's question as CSV, spreadsheet or JSON Lines."""

import os
import sys
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl

import click

from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import ConfigError, Invalid
from mewayz.backend.export import MEDIA_TYPES, Export, open_export
from mewayz.backend.runtime import Runtime
from mewayz.cli.command import Command, counted, epilog, json_option, progress, run_on_data, say
from mewayz.rooms import SERVICES

ROOMS = {service.noun: service for service in SERVICES}


def _question(query: str, kind: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if key in found:
            raise Invalid("The export cannot be made as asked.", fields={key: "Give this parameter once."})
        found[key] = value
    return found | ({"format": kind} if kind else {})


async def _write(export: Export, file: BinaryIO, *, watched: bool) -> None:
    if not watched:
        async for chunk in export.chunks:
            file.write(chunk)
        file.flush()
        return
    with progress("Exporting") as report:
        async for chunk in export.chunks:
            file.write(chunk)
            report(export.rows / max(export.total, 1))


async def _write_file(export: Export, out: Path) -> None:
    """Write beside the target and put it in its place only when it is whole."""
    draft = out.with_name(f".{out.name}.part")
    try:
        draft.unlink(missing_ok=True)
        # Names and addresses may be inside: for who runs this, and nobody else of the machine.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            await _write(export, file, watched=True)
        draft.replace(out)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror}).") from None
    finally:
        draft.unlink(missing_ok=True)


@click.command(
    cls=Command,
    epilog=epilog(
        "mewayz export products --query 'status=published&sort=-price' > products.csv",
        "mewayz export orders --format jsonl --query 'from=2011-11-01&to=2011-12-01' --out november.jsonl",
    ),
)
@click.argument("noun", type=click.Choice(list(ROOMS)))
@click.option("--format", "kind", type=click.Choice(list(MEDIA_TYPES)), help="csv (default), xlsx, or jsonl, one object per line.")
@click.option("--query", default="", metavar="QUERY", help="The list's parameters, as in its address: filters, search, sort, fields.")
@click.option(
    "--out", type=click.Path(dir_okay=False, resolve_path=True, path_type=Path), help="Write this file instead of standard output."
)
@json_option
def export(noun: str, kind: str | None, query: str, out: Path | None, as_json: bool) -> None:
    """Export the records of a NOUN, the same rows in the same order as the list with the same question.

    The file is UTF-8. In a CSV, text that a spreadsheet would take for a formula has an apostrophe in front.
    """
    if as_json and out is None:
        raise click.UsageError("--json needs --out, as the rows themselves go to standard output.")
    question = _question(query, kind)

    async def work(_: Runtime) -> Export:
        found = await open_export(ROOMS[noun], SYSTEM, question)
        if out is None:
            await _write(found, sys.stdout.buffer, watched=False)
        else:
            await _write_file(found, out)
        return found

    found = run_on_data(work, reads_only=True)
    if out is not None:
        say(
            f"Exported {counted(found.rows, ROOMS[noun].singular, noun)} to {out}.", {"rows": found.rows, "file": str(out)}, as_json=as_json
        )
