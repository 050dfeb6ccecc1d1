"""`mewayz dev`: Reflex's own development server."""

import os
import sys

import click

from mewayz.backend.settings import load_settings
from mewayz.cli.project import enter, migrate, toolchain

BACKEND_OFFSET = 5000  # pages on 3000, backend on 8000


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("reflex_options", nargs=-1, type=click.UNPROCESSED)
def dev(reflex_options: tuple[str, ...]) -> None:
    """Run with hot reload; REFLEX_OPTIONS go to `reflex run`."""
    enter()
    port = load_settings().port
    migrate()
    ports = ["--frontend-port", str(port), "--backend-port", str(port + BACKEND_OFFSET)]
    os.execvpe(sys.executable, [sys.executable, "-m", "reflex", "run", *ports, *reflex_options], toolchain())
