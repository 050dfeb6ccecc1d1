"""The `mewayz` command. Each subcommand is imported only when it is called."""

from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, NamedTuple

import click
from typing_extensions import override

from mewayz.backend.errors import MewayzError


class _Entry(NamedTuple):
    """Where a subcommand is, and its line in `mewayz --help`."""

    place: str
    summary: str


COMMANDS = {
    "run": _Entry("mewayz.cli.run:run", "Build what changed, migrate the database and serve on one port."),
    "dev": _Entry("mewayz.cli.dev:dev", "Run with hot reload while working on the code."),
    "build": _Entry("mewayz.cli.build:build", "Build the pages without serving them."),
    "migrate": _Entry("mewayz.cli.migrate:migrate", "Bring the database to the current schema."),
    "create-admin": _Entry("mewayz.cli.create_admin:create_admin", "Create an administrator without a browser."),
    "demo": _Entry("mewayz.cli.demo:demo", "Load the demo data, or remove it."),
    "import": _Entry("mewayz.cli.importing:import_", "Import records from a CSV or JSON Lines file."),
    "export": _Entry("mewayz.cli.exporting:export", "Export the records of a list."),
    "doctor": _Entry("mewayz.cli.doctor:doctor", "Check the installation and say what to mend."),
    "backup": _Entry("mewayz.cli.backup:backup", "Save database and uploads into one file."),
    "restore": _Entry("mewayz.cli.backup:restore", "Bring back what `backup` saved."),
    "audit": _Entry("mewayz.cli.audit:audit", "Verify the audit trail."),
    "rebuild-rollups": _Entry("mewayz.cli.rollups:rebuild_rollups", "Compare the figures with the orders, and put them right."),
    "report": _Entry("mewayz.cli.report:report", "Send the report of a dashboard by mail."),
    "openapi": _Entry("mewayz.cli.openapi:openapi", "Print the OpenAPI document."),
}


class _Group(click.Group):
    """Commands from the table; an expected failure is one sentence and exit code 1."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, entry in COMMANDS.items() if find_spec(entry.place.split(":")[0])]

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module, name = COMMANDS[cmd_name].place.split(":")
        return getattr(import_module(module), name)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MewayzError as error:
            raise click.ClickException(error.message) from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("mewayz"), message="Mewayz %(version)s")
def main() -> None:
    """Mewayz: users, products, orders, customers and analytics in one place."""
