"""`mewayz run` refuses what cannot work in one sentence, before it builds anything."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mewayz.cli import COMMANDS, main
from mewayz.cli.run import address, check_port
from tests.conftest import make_settings
from tests.services import ROOT, child_environment, free_port


def run(data_dir: Path, *words: str, **settings: object) -> str:
    """The one line that a refused `mewayz run` says."""
    environment = child_environment(**{"DATA_DIR": data_dir, "PORT": free_port(), **settings})
    command = [sys.executable, "-m", "mewayz.cli", "run", *words]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_port_in_use(tmp_path: Path, taken_port: int) -> None:
    said = run(tmp_path, "--port", str(taken_port))
    assert said.startswith(f"Error: Port {taken_port} is already in use.")


def test_host_of_another_machine(tmp_path: Path) -> None:
    assert "192.0.2.1 is not an address of this machine" in run(tmp_path, "--host", "192.0.2.1")


def test_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in run(tmp_path / "file" / "data")


def test_unreachable_database(tmp_path: Path) -> None:
    said = run(tmp_path, DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    assert "The database cannot be reached" in said


def test_malformed_setting(tmp_path: Path) -> None:
    assert "MEWAYZ_PORT is not valid" in run(tmp_path, PORT="many")


def test_production_without_a_secret(tmp_path: Path) -> None:
    assert "MEWAYZ_SECRET_KEY" in run(tmp_path, ENV="production", PUBLIC_URL="https://shop.example")


def test_workers_without_redis(tmp_path: Path) -> None:
    assert "needs Redis" in run(tmp_path, "--workers", "2")


async def test_a_port_just_given_up_is_free(unused_tcp_port: int) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", unused_tcp_port)
    reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
    await reader.read()
    writer.close()
    server.close()
    await server.wait_closed()
    check_port("127.0.0.1", unused_tcp_port)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80"), ("::1", "http://[::1]:80")],
)
def test_the_address_that_a_person_can_open(tmp_path: Path, host: str, url: str) -> None:
    assert address(make_settings(tmp_path, host=host, port=80)) == url


def test_help_names_every_command() -> None:
    said = CliRunner().invoke(main, ["--help"]).output
    whole = " ".join(said.split())
    for name in main.list_commands(None):  # pyright: ignore[reportArgumentType]
        assert f"  {name} " in said
        assert COMMANDS[name].summary in whole


@pytest.mark.parametrize("name", main.list_commands(None))  # pyright: ignore[reportArgumentType]
def test_every_command_has_help(name: str) -> None:
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert "Usage:" in done.output
