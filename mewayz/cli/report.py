"""`mewayz report`: the report of a person's dashboard, sent by hand."""

import click

from mewayz.backend.access import Actor
from mewayz.backend.errors import ConfigError
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.cli.command import Command, epilog, json_option, run_on_data, say
from mewayz.domains.analytics.cadence import Every
from mewayz.domains.analytics.report_post import post, send_now
from mewayz.domains.users.model import UserStatus, stored_email, users_collection


@click.command(
    cls=Command,
    epilog=epilog("mewayz report --now --to anna@example.com --every week", "mewayz report --due"),
)
@click.option("--now", "at_once", is_flag=True, help="Send one of the last day, 7 days or month that are over, with --to and --every.")
@click.option("--to", "address", metavar="EMAIL", help="A user of the shop, who gets their own dashboard.")
@click.option(
    "--every", type=click.Choice([every.value for every in Every]), default=Every.WEEK.value, show_default=True, help="Which days it tells."
)
@click.option("--due", is_flag=True, help="Send all scheduled reports that are due, as the server does by itself.")
@json_option
def report(at_once: bool, address: str | None, every: str, due: bool, as_json: bool) -> None:
    """Send the report of a dashboard by mail."""
    if at_once == due or at_once != bool(address):
        raise click.UsageError("Give --now with --to EMAIL, or --due.")

    async def work(_: Runtime) -> int:
        if due:
            return await post()
        user = await users_collection.find(email=stored_email(str(address)))
        if user is None or user.status != UserStatus.ACTIVE:
            raise ConfigError("No active user of the shop has this address.")
        await send_now(Actor(user.id, user.name, user.email, Role(user.role)), Every(every))
        return 1

    sent = run_on_data(work)
    say(f"{sent} sent." if due else "The report is sent.", {"sent": sent}, as_json=as_json)
