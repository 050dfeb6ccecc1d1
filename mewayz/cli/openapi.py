"""`mewayz openapi`: the description of the API, without starting anything."""

import sys
from pathlib import Path

import click
import orjson

from mewayz.backend.errors import ConfigError
from mewayz.backend.openapi import describe
from mewayz.cli.command import Command, epilog
from mewayz.rooms import ENDPOINTS


@click.command(cls=Command, epilog=epilog("mewayz openapi > openapi.json", "mewayz openapi --out openapi.json"))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write this file instead of standard output.")
def openapi(out: Path | None) -> None:
    """Print the OpenAPI 3.1 document of the REST API as JSON. A running Mewayz serves the same at /api/openapi.json."""
    data = orjson.dumps(describe(ENDPOINTS), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if out is None:
        sys.stdout.buffer.write(data)
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror}).") from None
