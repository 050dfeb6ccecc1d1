"""`mewayz dev`: Reflex's own development server."""

import os
import sys

import click

from mewayz.cli.project import enter, migrate, toolchain


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("reflex_options", nargs=-1, type=click.UNPROCESSED)
def dev(reflex_options: tuple[str, ...]) -> None:
    """Run with hot reload; REFLEX_OPTIONS go to `reflex run`."""
    enter()
    migrate()
    os.execvpe(sys.executable, [sys.executable, "-m", "reflex", "run", *reflex_options], toolchain())
