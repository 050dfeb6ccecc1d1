"""`mewayz rebuild-rollups`: whether the figures are those of the orders, and how they become so again."""

import click

from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import MewayzError
from mewayz.backend.runtime import Runtime
from mewayz.cli.command import Command, counted, epilog, json_option, progress, run_on_data, say
from mewayz.domains.analytics.rebuild import Rebuilt
from mewayz.domains.analytics.service import analytics


class WrongFigures(MewayzError):
    """What is kept of the figures is not what the orders come to."""

    code = "analytics.wrong_figures"


def _counts(found: Rebuilt) -> str:
    return ", ".join(f"{number:,} in {name}" for name, number in found.wrong.items())


@click.command(
    cls=Command,
    epilog=epilog(
        "mewayz rebuild-rollups --check",
        "mewayz rebuild-rollups",
        more="Exit codes: 0 the figures are (now) those of the orders, 1 with --check: they are not; or failed, 2 wrong usage.",
    ),
)
@click.option("--check", is_flag=True, help="Only compare; change nothing.")
@json_option
def rebuild_rollups(check: bool, as_json: bool) -> None:
    """Compute the figures of all days, and the totals of all customers, once more from the orders.

    Needed after the time zone of the shop has changed. While it runs, orders and customers cannot be saved, on SQLite nothing can;
    with --check nobody waits.
    """

    async def work(runtime: Runtime) -> Rebuilt:
        if not check:
            what = "Nothing else" if runtime.database.sqlite else "No order or customer"
            click.echo(f"{what} can be saved until this is done. `mewayz rebuild-rollups --check` says whether it is needed.", err=True)
        with progress("Computing the figures") as bar:

            async def report(share: float, words: str) -> None:
                bar(share, words)

            return await analytics.rebuild(SYSTEM, report, change=not check)

    found = run_on_data(work, reads_only=check)
    if check and not found.equal:
        raise WrongFigures(f"The figures are not those of the orders: {_counts(found)}. `mewayz rebuild-rollups` puts them right.")
    words = f"The figures are those of {counted(found.orders, 'order', 'orders and returns')} and {counted(found.customers, 'customer')}"
    words += "." if found.equal else f" now. Put right: {_counts(found)}."
    data = {"equal": found.equal, "orders": found.orders, "customers": found.customers, "wrong": found.wrong}
    say(words, data, as_json=as_json)
