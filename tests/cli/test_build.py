"""The pages are built again exactly when something that they come from changed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from reflex_base import constants

from mewayz.cli import build, frontend
from mewayz.cli.frontend import STATE_JS, same_origin, vite_input
from tests.services import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose pages are built."""
    files = ("rxconfig.py", "requirements.lock", "mewayz/a.py", "assets/a.css", "reflex.lock/package.json", "README.md", str(build.INDEX))
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    stamp = {"sources": build.source_digest(tmp_path), "packages": build.package_digest(tmp_path)}
    (tmp_path / build.STAMP).write_text(json.dumps(stamp))
    return tmp_path


def test_built_pages_are_kept(project: Path) -> None:
    assert build.is_built(project)
    assert build.ensure_built(project) is False


@pytest.mark.parametrize(
    "name", ["rxconfig.py", "requirements.lock", "mewayz/a.py", "mewayz/new.py", "assets/a.css", "reflex.lock/package.json"]
)
def test_a_changed_source_asks_for_a_build(project: Path, name: str) -> None:
    (project / name).write_text("two")
    assert not build.is_built(project)


def test_a_moved_or_removed_source_asks_for_a_build(project: Path) -> None:
    (project / "mewayz/a.py").rename(project / "mewayz/b.py")
    assert not build.is_built(project)
    (project / "mewayz/b.py").unlink()
    assert not build.is_built(project)


@pytest.mark.parametrize("name", ["README.md", ".web/other"])
def test_what_the_pages_do_not_come_from_does_not(project: Path, name: str) -> None:
    (project / name).write_text("two")
    assert build.is_built(project)


@pytest.mark.parametrize("name", [str(build.INDEX), str(build.STAMP)])
def test_a_missing_result_asks_for_a_build(project: Path, name: str) -> None:
    (project / name).unlink()
    assert not build.is_built(project)


def test_a_damaged_stamp_asks_for_a_build(project: Path) -> None:
    (project / build.STAMP).write_text("{")
    assert not build.is_built(project)


def test_the_installed_reflex_is_the_one_that_same_origin_knows() -> None:
    shipped = Path(constants.Templates.Dirs.WEB_TEMPLATE, STATE_JS).read_text()
    patched = same_origin(shipped)
    assert "endpoint.port = window.location.port;" in patched
    assert 'endpoint.port = ""' not in patched
    with pytest.raises(RuntimeError, match="is not the one"):
        same_origin(patched)


def test_vite_input_ignores_results_and_packages(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "root.jsx").write_text("one")
    before = vite_input(tmp_path)
    for ignored in ("build", "node_modules", ".react-router"):
        (tmp_path / ignored).mkdir()
        (tmp_path / ignored / "x").write_text("x")
    assert vite_input(tmp_path) == before
    (tmp_path / "app" / "root.jsx").write_text("two")
    assert vite_input(tmp_path) != before


def test_a_build_in_a_fresh_checkout_leaves_the_lock_as_it_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reflex writes the same packages in another order and spacing, first when it prepares a checkout and again when it compiles."""
    monkeypatch.chdir(project)
    for name in (*("REFLEX_API_URL", "REFLEX_DEPLOY_URL", "REFLEX_ENV_MODE", "REFLEX_COMPILE_CONTEXT"),):
        monkeypatch.setenv(name, "")
    committed = '{"name":"reflex","dependencies":{"react":"19"}}'
    frontend.LOCKED.write_text(committed)
    packages = {"dependencies": {"react": "19"}, "name": "reflex"}

    def write(*args: Any, **options: Any) -> None:
        frontend.LOCKED.write_text(json.dumps(packages))

    web = project / ".web"
    (web / "utils").mkdir()
    fakes = {
        "assert_in_reflex_dir": lambda: None,
        "get_web_dir": lambda: web,
        "initialize_reflex_user_directory": lambda: None,
        "initialize_frontend_dependencies": write,
        "get_compiled_app": write,
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(frontend.prerequisites, name, fake)
    monkeypatch.setattr(frontend.build, "setup_frontend", lambda root: None)
    monkeypatch.setattr(frontend.build, "build", lambda: None)
    frontend.main()
    assert frontend.LOCKED.read_text() == committed
    packages["dependencies"] = {"react": "20"}
    frontend.main()
    assert frontend.LOCKED.read_text() == json.dumps(packages), "another package is no matter of spacing"


@pytest.mark.parametrize("lock", ["requirements.lock", "reflex.lock/package-lock.json", "tests/e2e/package-lock.json"])
def test_no_lock_file_names_a_download_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"resolved|\.tgz|\.whl|index-url|find-links|^.*@ http", text)
    assert re.search(r'"integrity": "sha512-|--hash=sha256:', text)
