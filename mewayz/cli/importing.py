"""`mewayz import`: records of one noun from a file, all or none."""

import sys
from pathlib import Path

import click

from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import ConfigError
from mewayz.backend.files import FORMATS, UNKNOWN, BrokenFile, guess_format
from mewayz.backend.importing import Imported, import_file
from mewayz.backend.runtime import Runtime
from mewayz.cli.command import EXIT_CODES, Command, counted, epilog, json_option, progress, require_shop, run_on_data, say
from mewayz.rooms import SERVICES

_FORMATS = "Formats: CSV (UTF-8; comma, semicolon or tab), JSON Lines, JSON arrays. XLSX is not read: save it as “CSV UTF-8”."
_UNKNOWN_HINT = "Say what a column is with --map FIELD=COLUMN; --only-mapped leaves all others out."
ROOMS = {service.noun: service for service in SERVICES}


def _mapping(words: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        field, sign, column = word.partition("=")
        if not sign or not field or not column:
            raise click.BadParameter(f"{word} is not FIELD=COLUMN.", param_hint="'--map'")
        if field in found:
            raise click.BadParameter(f"{field} is given twice.", param_hint="'--map'")
        found[field] = column
    return found


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}).") from None


@click.command(
    "import",
    cls=Command,
    epilog=epilog(
        "mewayz import products stock.csv --dry-run",
        "mewayz import customers crm.csv --map name='Full name' --map address.country=Land --only-mapped",
        "mewayz import users people.jsonl",
        more=f"{_FORMATS}\n\n{EXIT_CODES}",
    ),
)
@click.argument("noun", type=click.Choice(list(ROOMS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, resolve_path=True, path_type=Path))
@click.option("--map", "given", multiple=True, metavar="FIELD=COLUMN", help="This column fills that field; may be repeated.")
@click.option("--only-mapped", is_flag=True, help="Leave out every column that is not mapped.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Of the file, where its name does not say.")
@click.option("--dry-run", is_flag=True, help="Check everything, save nothing.")
@json_option
def import_(noun: str, file: Path, given: tuple[str, ...], only_mapped: bool, kind: str | None, dry_run: bool, as_json: bool) -> None:
    """Import records of a NOUN from FILE (- is standard input): all of them, or none and a reason for every broken line.

    A column matches a field by its name, its heading or its path (inventory.stock, address.country); lists such as
    tags are separated by semicolons or commas.
    """
    chosen = _mapping(given)
    if only_mapped and not chosen:
        raise click.UsageError("--only-mapped needs --map.")
    data = _read(file)

    done: list[Imported] = []

    async def work(_: Runtime) -> None:
        await require_shop()
        with progress("Importing") as report:
            found = await import_file(
                ROOMS[noun], SYSTEM, data, kind or guess_format(data, file.name),
                given=chosen, only_given=only_mapped, dry_run=dry_run, report=report,
            )  # fmt: skip
            done.append(found)

    try:
        run_on_data(work)
    except KeyboardInterrupt:
        if not done:  # else it came too late: the rows are there
            click.echo("Nothing was imported.", err=True)
            raise
    except BrokenFile as error:
        if any(message.startswith(UNKNOWN) for message in error.fields.values()):
            raise BrokenFile(f"{error.message} {_UNKNOWN_HINT}", fields=error.fields) from None
        raise
    [found] = done
    what = counted(found.rows, ROOMS[noun].singular, noun)
    words = f"{what} can be imported; nothing was saved." if dry_run else f"Imported {what}."
    if found.ignored:
        words += f"\nLeft out: {', '.join(found.ignored)}{'' if only_mapped else ' (kept by Mewayz itself)'}."
    if noun == "users" and found.rows and not dry_run:
        words += "\nThey have no password yet, so none of them can sign in."
    say(words, {"imported": found.rows, "ignored": found.ignored, "dryRun": dry_run}, as_json=as_json)
