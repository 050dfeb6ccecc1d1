"""The documentation names what there is: every error code, metric, setting, command and parameter."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import mewayz
from mewayz.backend.errors import MewayzError
from mewayz.backend.settings import Settings
from mewayz.cli import COMMANDS
from mewayz.domains.analytics.metrics import METRICS
from mewayz.rooms import ENDPOINTS, SERVICES
from tests.services import ROOT

PACKAGE = ROOT / "mewayz"
# What draws pages, or runs on import.
NOT_IMPORTED = {"ui", "pages", "state", "versions", "env", "frontend", "__main__", "server", "mewayz"}
NOUNS = {service.noun for service in SERVICES}


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def first_cells(text: str) -> list[str]:
    """The first column of every table, without its code marks."""
    return [line.split("|")[1].strip().strip("`") for line in text.splitlines() if line.startswith("| `")]


def _subclasses(kind: type[MewayzError]) -> Iterator[type[MewayzError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _subclasses(inner)


def codes() -> set[str]:
    """The codes of all error classes, and those that are given where an error is raised."""
    for module in pkgutil.walk_packages(mewayz.__path__, "mewayz."):
        if not NOT_IMPORTED & set(module.name.split(".")[1:]):
            importlib.import_module(module.name)
    found = {kind.code for kind in _subclasses(MewayzError) if kind.__module__.startswith("mewayz.")}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                if keyword.arg != "code":
                    continue
                if isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
                    found.add(keyword.value.value)
                elif isinstance(keyword.value, ast.JoinedStr):
                    found.add(re.sub(r"\{[^}]*\}", "<noun>", ast.unparse(keyword.value)[2:-1]))
    return found


def test_every_error_code_has_a_line() -> None:
    listed = first_cells(doc("errors.md"))
    assert len(listed) == len(set(listed))
    assert codes() - set(listed) == set()
    assert set(listed) - codes() == set(), "documented, but nothing raises it"


def test_every_metric_is_explained() -> None:
    text = doc("metrics.md")
    assert first_cells(text) == [metric.key for metric in METRICS]
    for metric in METRICS:
        assert f"| `{metric.key}` | {metric.label} | {metric.formula} |" in text


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_explained(name: str) -> None:
    text = doc("configuration.md")
    alias = Settings.model_fields[name].validation_alias
    first, *others = alias.choices  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
    assert first in first_cells(text)
    assert all(f"`{other}`" in text for other in others)


def test_no_setting_is_explained_that_does_not_exist() -> None:
    known = {choice for field in Settings.model_fields.values() for choice in field.validation_alias.choices}  # pyright: ignore
    assert set(re.findall(r"`(MEWAYZ_[A-Z_]+|[A-Z]+_[A-Z_]+)`", doc("configuration.md"))) <= known


def test_every_path_and_parameter_of_a_noun_is_in_the_guide() -> None:
    text = doc("api.md")
    for service in SERVICES:
        for item in service.spec.filters:
            assert re.search(rf"\b{item.name}\b", text), f"{service.noun}: {item.name}"
    paths = {f"/{path.split('/')[-1]}" for endpoint in ENDPOINTS if (path := endpoint.path).split("/")[1] in NOUNS and "{" not in path}
    assert all(path in text for path in paths)


def test_links_of_the_documentation_lead_somewhere() -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_commands_that_the_documentation_names_exist() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        named = set(re.findall(r"`mewayz ([a-z][a-z-]*)", path.read_text()))
        assert named <= set(COMMANDS), path.name
