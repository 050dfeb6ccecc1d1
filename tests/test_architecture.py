"""The rules of the house that no linter knows: size and names of files, and what may cross from room to room."""

import ast
import subprocess
import warnings
from pathlib import Path

from tests.services import ROOT

PACKAGE = ROOT / "mewayz"
ROOMS = PACKAGE / "domains"
MOST_LINES = 300
# Files that say nothing about their subject.
NAMELESS = {"utils.py", "helpers.py", "common.py", "misc.py", "util.py", "helper.py"}
# The parts of a room that belong to it alone.
PRIVATE_PARTS = {"pages", "state", "api"}


def sources(folder: Path = PACKAGE) -> list[Path]:
    """Every Python file of the product, except the migrations that Alembic writes."""
    return [path for path in sorted(folder.rglob("*.py")) if "versions" not in path.parts]


def tracked() -> list[Path]:
    """Every file that is, or would be, in the repository; the sources where there is no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    paths = [ROOT / name for name in done.stdout.splitlines()] if done.returncode == 0 else sources()
    return [path for path in paths if path.is_file()]


def imported(path: Path) -> list[tuple[int, str]]:
    """Line and module of every import in a file, those in functions included."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def test_files_are_small() -> None:
    for path in sources():
        lines = len(path.read_text().splitlines())
        if lines > MOST_LINES:
            warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines; split it by noun", stacklevel=1)
        assert lines <= 2 * MOST_LINES, path


def test_files_are_named_after_their_subject() -> None:
    assert [path for path in sources() if path.name in NAMELESS] == []


def test_every_module_says_what_it_is() -> None:
    assert [path for path in sources() if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_rooms_meet_only_in_their_services() -> None:
    crossings = []
    for path in sources(ROOMS):
        room, part = path.relative_to(ROOMS).parts[0], path.stem
        for line, module in imported(path):
            names = module.split(".")
            if names[:2] != ["mewayz", "domains"] or len(names) < 4 or names[2] == room:
                continue
            if part in PRIVATE_PARTS or names[3] in PRIVATE_PARTS:
                crossings.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert crossings == []


def test_nothing_personal_is_in_the_repository() -> None:
    """Neither a path of somebody's machine nor the host of a package registry."""
    forbidden = ["/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/", "pypi" + ".org", "registry." + "npmjs", "files.python" + "hosted"]
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {word}" for word in forbidden if word in text]
    assert found == []
