"""`mewayz dev`: Reflex's own development server."""

import os
import sys

import click

from mewayz.backend.settings import load_settings
from mewayz.cli.migrate import upgrade
from mewayz.cli.project import enter, toolchain


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("reflex_options", nargs=-1, type=click.UNPROCESSED)
def dev(reflex_options: tuple[str, ...]) -> None:
    """Run with hot reload; REFLEX_OPTIONS go to `reflex run`."""
    enter()
    settings = load_settings()
    upgrade(settings)
    os.execvpe(sys.executable, [sys.executable, "-m", "reflex", "run", *reflex_options], toolchain())
