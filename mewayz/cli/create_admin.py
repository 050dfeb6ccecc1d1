"""`mewayz create-admin`: an administrator without a browser; in an empty installation also the shop."""

import sys

import click

from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import Invalid
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import is_set_up
from mewayz.cli.command import Command, epilog, is_interactive, json_option, run_on_data, say
from mewayz.domains.auth.installation import SHOP_DEFAULTS, installation
from mewayz.domains.users.model import User


def _asked(value: str | None, option: str, words: str) -> str:
    if value is not None:
        return value
    if not is_interactive():
        raise click.UsageError(f"Missing option '{option}'.")
    return click.prompt(words, err=True)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not is_interactive():
        raise click.UsageError("There is no terminal to ask for the password. Use --password-stdin.")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)


@click.command(
    cls=Command,
    epilog=epilog(
        "mewayz create-admin --email ada@example.com --name 'Ada Lovelace'",
        "printf %s \"$PASSWORD\" | mewayz create-admin --email ada@example.com --name 'Ada Lovelace' --password-stdin",
    ),
)
@click.option("--email", help="The address to sign in with.")
@click.option("--name", help="The person's name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--shop-name", default=SHOP_DEFAULTS["shopName"], show_default=True, help="Of a shop that is not set up yet.")
@click.option("--currency", default=SHOP_DEFAULTS["currency"], show_default=True, help="Of a shop that is not set up yet (ISO 4217).")
@click.option("--timezone", default=SHOP_DEFAULTS["timezone"], show_default=True, help="Of a shop that is not set up yet (IANA).")
@json_option
def create_admin(
    email: str | None, name: str | None, password_stdin: bool, shop_name: str, currency: str, timezone: str, as_json: bool
) -> None:
    """Create an administrator without a browser.

    What is not given is asked for. In an installation that is not set up yet this also makes the shop.
    """
    given = {"email": _asked(email, "--email", "E-mail"), "name": _asked(name, "--name", "Name")}
    given |= {"shopName": shop_name, "currency": currency, "timezone": timezone}
    given["password"] = _password(from_stdin=password_stdin)
    if not given["password"]:
        raise Invalid(fields={"password": "This field is required."})

    async def work(_: Runtime) -> tuple[User, bool]:
        fresh = not await is_set_up()
        return await installation.create_admin(SYSTEM, given), fresh

    user, fresh = run_on_data(work)
    words = f"{user.name} <{user.email}> is an administrator now."
    if fresh:
        words += f"\nThe shop “{shop_name}” was set up with the currency {currency} and the time zone {timezone}."
    data = {"id": user.id, "name": user.name, "email": user.email, "role": user.role, "shopCreated": fresh}
    say(words, data, as_json=as_json)
