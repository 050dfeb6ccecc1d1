"""`mewayz import`: records of one noun from a file, and the way back."""

import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import ConfigError
from mewayz.backend.files import Layout
from mewayz.backend.importing import Columns, import_file
from mewayz.backend.imports import Reverted
from mewayz.backend.loads import How, Loaded, Mode, OnError
from mewayz.backend.rows import UNKNOWN
from mewayz.backend.runtime import Runtime
from mewayz.backend.sources import FORMATS, BrokenFile, Source
from mewayz.cli.bad_rows import BadRows
from mewayz.cli.command import EXIT_CODES, Command, counted, epilog, json_option, progress, require_shop, run_on_data, say
from mewayz.rooms import SERVICES, imports

_FORMATS = "Formats: CSV (also packed by gzip or xz), XLSX (its first sheet), JSON Lines, JSON arrays, mongoexport. See docs/import.md."
_UNKNOWN_HINT = "Say what a column is with --map FIELD=COLUMN; --only-mapped leaves all others out."
_MODES, _ON_ERROR = [mode.value for mode in Mode], [choice.value for choice in OnError]
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


@contextmanager
def _source(file: Path, encoding: str | None) -> Generator[Source]:
    """The file; standard input is kept on the disk, as it is read more than once."""
    if str(file) != "-":
        yield Source(file, encoding=encoding)
        return
    with tempfile.NamedTemporaryFile(prefix="mewayz-import-") as kept:
        try:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            kept.flush()
        except OSError as error:
            raise ConfigError(f"Standard input cannot be read ({error.strerror}).") from None
        yield Source(Path(kept.name), "-", encoding=encoding)


def _revert(batch_id: str, *, as_json: bool) -> None:
    async def work(_: Runtime) -> Reverted:
        with progress("Taking back") as report:
            return await imports.revert(SYSTEM, batch_id, report)

    found = run_on_data(work)
    words = f"Deleted {counted(found.deleted, 'record')}, restored {found.restored:,}."
    if found.gone:
        words += f"\n{counted(found.gone, 'record')} had been deleted already."
    if found.left:
        words += f"\n{counted(found.left, 'record')} stayed:" + "".join(
            f"\n  {one['noun']} {one['id']}: {one['reason']}" for one in found.kept
        )
    say(words, found.answer(), as_json=as_json)


def _words(noun: str, found: Loaded, *, dry_run: bool, only_mapped: bool) -> str:
    """The summary for people."""
    one = ROOMS[noun].singular
    what = counted(found.imported, one, noun)
    parts = [f"{found.created:,} new", f"{found.updated:,} updated"] if found.updated else []
    parts += [f"{found.unchanged:,} unchanged"] if found.unchanged else []
    detail = f" ({', '.join(parts)})" if parts else ""
    words = f"{what} can be imported{detail}; nothing was saved." if dry_run else f"Imported {what}{detail}."
    for change in found.changes if dry_run else ():
        for path, (old, new) in change["fields"].items():
            words += f"\n  line {change['line']}: {path}: {old!r} → {new!r}"
    if found.failed:
        words += f"\n{counted(found.failed, 'row')} left out:"
        for problem in found.problems[:10]:
            words += "".join(f"\n  line {problem['line']}: {name}: {message}" for name, message in problem["fields"].items())
        words += "\n  …" if found.failed > 10 else ""
    if found.ignored:
        words += f"\nLeft out: {', '.join(found.ignored)}{'' if only_mapped else ' (kept by Mewayz itself)'}."
    words += "".join(f"\n{note}" for note in found.notes)
    if noun == "users" and found.created and not dry_run:
        words += "\nThey have no password yet, so none of them can sign in."
    if found.batch and not dry_run:
        words += f"\nTo take it back: mewayz import --revert {found.batch}"
    return words


@click.command(
    "import",
    cls=Command,
    epilog=epilog(
        "mewayz import products stock.csv --dry-run",
        "mewayz import customers crm.csv --map name='Full name' --map address.country=Land --only-mapped",
        "mewayz import orders sales.csv --map number=Invoice --map lines.sku=StockCode --map lines.quantity=Quantity --only-mapped",
        "mewayz import products stock.xlsx --on-error skip --bad-rows mend.csv",
        "mewayz import --revert 66f1c0ffee66f1c0ffee66f1",
        more=f"{_FORMATS}\n\n{EXIT_CODES}",
    ),
)
@click.argument("noun", type=click.Choice(list(ROOMS)), required=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, resolve_path=True, path_type=Path), required=False)
@click.option("--map", "given", multiple=True, metavar="FIELD=COLUMN", help="This column fills that field; may be repeated.")
@click.option("--only-mapped", is_flag=True, help="Leave out every column that is not mapped.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Of the file, where its name does not say.")
@click.option("--mode", type=click.Choice(_MODES), default=Mode.UPSERT.value, help="upsert (default) changes known records.")
@click.option(
    "--on-error",
    type=click.Choice(_ON_ERROR),
    default=OnError.STOP.value,
    help="stop (default): all rows or none.",
)
@click.option("--bad-rows", type=click.Path(dir_okay=False, resolve_path=True, path_type=Path), help="For the rows left out.")
@click.option("--encoding", metavar="NAME", help="Of text that is not UTF-8, such as cp1252.")
@click.option("--delimiter", metavar="WORD", help="Between cells, where it is not found: tab, semicolon, whitespace or one character.")
@click.option("--no-header", is_flag=True, help="The first line is data; the columns are called 1, 2, 3 …")
@click.option("--date-format", metavar="FORMAT", help="Of times in orders, such as d/m/Y, m/d/Y or %d.%m.%y %H:%M.")
@click.option("--dry-run", is_flag=True, help="Check everything, save nothing, and show what would change.")
@click.option("--revert", metavar="ID", help="Take an import back: delete what it made, restore what it changed.")
@json_option
def import_(
    noun: str | None, file: Path | None, given: tuple[str, ...], only_mapped: bool, kind: str | None, mode: str, on_error: str,
    bad_rows: Path | None, encoding: str | None, delimiter: str | None, no_header: bool, date_format: str | None,
    dry_run: bool, revert: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Import records of a NOUN from FILE (- is standard input): all of them, or none and a reason for every broken line.

    A column matches a field by its name, its heading or its path (inventory.stock, address.country); lists such as
    tags are separated by semicolons or commas. A record that is there already (by SKU, e-mail, reference, number or id)
    is changed where the file says something else.
    """
    if revert is not None:
        if noun or file:
            raise click.UsageError("--revert takes back a whole import; it needs neither NOUN nor FILE.")
        _revert(revert, as_json=as_json)
        return
    if noun is None or file is None:
        raise click.UsageError("Say what to import: NOUN and FILE.")
    chosen = _mapping(given)
    if only_mapped and not chosen:
        raise click.UsageError("--only-mapped needs --map.")
    if bad_rows and on_error != OnError.SKIP:
        raise click.UsageError("--bad-rows needs --on-error skip.")
    try:
        columns = Columns(chosen, only_mapped, Layout.named(delimiter, header=not no_header), date_format)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="'--delimiter'") from None
    bad = BadRows(bad_rows, header=not no_header) if bad_rows else None
    how = How(Mode(mode), OnError(on_error), dry_run, "" if str(file) == "-" else file.name, bad)
    with _source(file, encoding) as source:
        found = _load(noun, source, kind or source.kind(), how, columns)
    words = _words(noun, found, dry_run=dry_run, only_mapped=only_mapped)
    if bad and bad.count:
        words += f"\nThe rows that were left out are in {bad.path}: mend them and import that file."
    say(words, found.answer(dry_run=dry_run), as_json=as_json)


def _load(noun: str, source: Source, kind: str, how: How, columns: Columns) -> Loaded:
    done: list[Loaded] = []
    begun: list[str] = []
    how = replace(how, begun=begun.append)

    async def work(_: Runtime) -> None:
        await require_shop()
        with progress("Importing") as report:
            done.append(await import_file(ROOMS[noun], SYSTEM, source, kind, how, columns, report=report))

    try:
        run_on_data(work)
    except KeyboardInterrupt:
        if not done:  # else it came too late: the rows are there
            part = f"Only a part was imported. To take it back: mewayz import --revert {begun[0]}" if begun else ""
            click.echo(part or "Nothing was imported.", err=True)
            raise
    except BrokenFile as error:
        if any(message.startswith(UNKNOWN) for message in error.fields.values()):
            raise BrokenFile(f"{error.message} {_UNKNOWN_HINT}", fields=error.fields) from None
        raise
    finally:
        if isinstance(how.bad, BadRows):
            how.bad.close()
    return done[0]
