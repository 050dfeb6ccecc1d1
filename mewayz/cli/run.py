"""`mewayz run`: settings, migration, build when needed, then one port for pages, websocket and API."""

import errno
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from mewayz.backend.errors import ConfigError
from mewayz.backend.settings import Settings, load_settings
from mewayz.cli.build import ensure_built
from mewayz.cli.project import QUIET, SERVE_BUILT_PAGES, enter, migrate

_START_SECONDS = 120
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 (compared, not bound)


def check_port(host: str, port: int) -> None:
    """Find out before the build whether the port can be had.

    Raises:
        ConfigError: it cannot.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"Port {port} is already in use. Stop the program that uses it, or choose another: mewayz run --port {port + 1}."
            ) from None
        if error.errno == errno.EACCES:
            raise ConfigError(f"Port {port} needs administrator rights. Choose one above 1023: mewayz run --port 3000.") from None
        raise ConfigError(f"MEWAYZ_HOST {host} is not an address of this machine.") from None


def check_workers(settings: Settings) -> None:
    """Several processes share page state through Redis only.

    Raises:
        ConfigError: there is no Redis for them.
    """
    if settings.workers > 1 and not settings.redis_url:
        raise ConfigError("More than one worker needs Redis: set MEWAYZ_REDIS_URL, or run with MEWAYZ_WORKERS=1.")


def address(settings: Settings) -> str:
    """Where a browser on this machine finds the server."""
    host = _ANY_ADDRESS.get(settings.host, f"[{settings.host}]" if ":" in settings.host else settings.host)
    return f"http://{host}:{settings.port}"


def _announce(url: str, public_url: str) -> None:
    """Say where Mewayz is as soon as it answers."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310 (http to ourselves)
                break
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.1)
    else:
        return
    also = f" (public address {public_url})" if public_url and public_url != url else ""
    click.echo(f"\nMewayz is running at {url}{also}\nPress Ctrl-C to stop.")
    sys.stdout.flush()


def serve(settings: Settings) -> None:
    """Serve the built app until it is told to stop.

    Raises:
        ConfigError: the workers could not start.
    """
    os.environ.update(QUIET | SERVE_BUILT_PAGES)
    if not settings.redis_url:
        # Reflex's default writes each tab's state to disk, pickled, and never removes it.
        os.environ["REFLEX_STATE_MANAGER_MODE"] = "memory"
    server = Server(
        target="mewayz.server:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        respawn_failed_workers=settings.workers > 1,
        workers_kill_timeout=5,
        log_level=LogLevels.warning,
    )
    threading.Thread(target=_announce, args=(address(settings), settings.public_url), daemon=True).start()
    try:
        server.serve()
    except SystemExit as stop:
        if stop.code:
            raise ConfigError("The server stopped by itself; the reason is above.") from None
    click.echo("Stopped.")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The port to serve on [MEWAYZ_PORT, 3000].")
@click.option("--host", help="The address to listen at [MEWAYZ_HOST, 127.0.0.1].")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; more than one needs Redis [MEWAYZ_WORKERS, 1].")
def run(port: int | None, host: str | None, workers: int | None) -> None:
    """Build what changed, migrate the database and serve on one port."""
    project = enter()
    for name, value in (("PORT", port), ("HOST", host), ("WORKERS", workers)):
        if value is not None:
            os.environ[f"MEWAYZ_{name}"] = str(value)  # workers read the same settings
    settings = load_settings()
    check_workers(settings)
    check_port(settings.host, settings.port)
    migrate()
    ensure_built(project)
    serve(settings)
