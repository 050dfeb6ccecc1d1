"""What the commands on data share: an open runtime, progress on stderr, and answers for people and for scripts."""

import asyncio
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, Protocol, TypeVar

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from typing_extensions import override

from mewayz.backend.errors import ConfigError, MewayzError
from mewayz.backend.runtime import Runtime, open_runtime
from mewayz.backend.settings import load_settings
from mewayz.backend.shop import is_set_up
from mewayz.cli.migrate import upgrade
from mewayz.cli.project import enter
from mewayz.cli.schema import require_current

T = TypeVar("T")


class Report(Protocol):
    """Told which share is done, and what is being done."""

    def __call__(self, share: float, doing: str = "") -> None:
        """Show it."""


MANY = 100  # problems of a file that are listed
EXIT_CODES = "Exit codes: 0 done, 1 refused or failed (the reason is on stderr), 2 wrong usage, 130 stopped by Ctrl-C."

json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for scripts.")


def epilog(*examples: str, more: str = "") -> str:
    """The end of a command's help: examples and exit codes."""
    lines = "\n".join(f"  {example}" for example in examples)
    return f"\b\n{'Example' if len(examples) == 1 else 'Examples'}:\n{lines}\n\n{more or EXIT_CODES}"


class Command(click.Command):
    """A command whose expected failures are a sentence, with the reasons per field below it, and an exit code."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MewayzError as error:
            refuse(ctx, error)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)
        except sqlite3.Error as error:
            refuse(ctx, ConfigError(f"The database refuses: {error}."))


def refuse(ctx: click.Context, error: MewayzError) -> NoReturn:
    """Say why, to people on stderr and with --json to scripts on stdout, and leave with exit code 1."""
    click.echo(f"Error: {error.message}", err=True)
    for name, message in error.fields.items():
        click.echo(f"  {name}: {message}", err=True)
    if len(error.fields) >= MANY:
        click.echo(f"  Only the first {MANY} are listed.", err=True)
    if ctx.params.get("as_json"):
        found: dict[str, Any] = {"code": error.code, "message": error.message}
        say_json({"success": False, "error": found | ({"fields": error.fields} if error.fields else {})})
    ctx.exit(1)


def say_json(answer: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))


def say(words: str, data: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the result: `words` for people, the envelope of the REST API for scripts."""
    if as_json:
        say_json({"success": True, "data": data})
    else:
        click.echo(words)


def run_on_data(work: Callable[[Runtime], Awaitable[T]], *, reads_only: bool = False) -> T:
    """Run `work` with the runtime open, on a database of the current schema.

    Args:
        work: what to do.
        reads_only: refuse an older schema instead of migrating it.

    Raises:
        ConfigError: settings or database are wrong.
    """
    enter()
    settings = load_settings()
    if not reads_only:
        upgrade(settings)

    async def main() -> T:
        async with open_runtime(settings) as runtime:
            await require_current(runtime.database)
            return await work(runtime)

    return asyncio.run(main())


async def require_shop() -> None:
    """Refuse to fill an installation that nobody owns.

    Raises:
        ConfigError: set-up has not been completed.
    """
    if not await is_set_up():
        raise ConfigError("The shop is not set up yet. Run `mewayz create-admin`, or start Mewayz and open /setup.")


def is_interactive() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


@contextmanager
def progress(words: str) -> Generator[Report]:
    """A bar on stderr, where that is a terminal; it runs to and fro until a share is known."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(words, total=None)

        def report(share: float, doing: str = "") -> None:
            bar.update(task, completed=share, total=1.0 if share else None, description=doing or words)

        yield report


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
