"""The build itself, run as a process of its own so that the server never carries its memory.

What `reflex export --frontend-only` does, without its side effects on the repository, and with two changes: pages
talk to the origin that they were loaded from, and vite runs only when its input changed.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

from reflex.utils import build, prerequisites
from reflex_base import constants
from reflex_base.environment import environment

# Any local address will do, as long as no setting of this machine gets into the build: see same_origin.
NEUTRAL_URL = "http://localhost:3000"
STATE_JS = Path("utils", "state.js")
LOCKED = Path("reflex.lock", "package.json")
VITE_STAMP = Path("mewayz-vite-input")
# Not input of vite, or rewritten by it.
_NOT_INPUT = {"node_modules", "build", "backend", ".react-router", "mewayz-build.json", "mewayz-build.log", VITE_STAMP.name, "reflex.json"}

_OWN_HOST = "endpoint.hostname = frontend_hostname;"
_OWN_ORIGIN = "endpoint.hostname = frontend_hostname; endpoint.port = window.location.port;"
_LOSE_PORT = 'endpoint.port = ""; // Assume websocket is on https port via load balancer.'


def same_origin(state_js: str) -> str:
    """Reflex's state.js, in which the backend is wherever the page came from.

    As shipped it replaces the host but keeps the port of the build, so that one build could serve one port only.

    Raises:
        RuntimeError: the text is not the one of the pinned Reflex.
    """
    if state_js.count(_OWN_HOST) != 1 or state_js.count(_LOSE_PORT) != 1:
        raise RuntimeError(f"{STATE_JS} of Reflex {constants.Reflex.VERSION} is not the one that mewayz/cli/frontend.py knows")
    return state_js.replace(_OWN_HOST, _OWN_ORIGIN).replace(_LOSE_PORT, "")


def vite_input(web: Path) -> str:
    """One hash over everything that vite reads except its packages, which package-lock.json stands for."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(web):
        folders[:] = sorted(set(folders) - _NOT_INPUT)
        for name in sorted(set(files) - _NOT_INPUT):
            path = Path(folder, name)
            digest.update(f"\0{path.relative_to(web).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def keep_as_committed(locked: str) -> None:
    """Put package.json back when Reflex only wrote the same packages in another order: a build must not change the checkout."""
    if locked and LOCKED.is_file() and json.loads(LOCKED.read_text()) == json.loads(locked):
        LOCKED.write_text(locked)


def main() -> None:
    """Compile the app to .web, install its packages from reflex.lock and build the static pages."""
    os.environ["REFLEX_API_URL"] = os.environ["REFLEX_DEPLOY_URL"] = NEUTRAL_URL
    environment.REFLEX_ENV_MODE.set(constants.Env.PROD)
    environment.REFLEX_COMPILE_CONTEXT.set(constants.CompileContext.EXPORT)
    prerequisites.assert_in_reflex_dir()
    web = prerequisites.get_web_dir()
    # Before anything else: the first thing that Reflex does in a fresh checkout is to write the file anew.
    locked = LOCKED.read_text() if LOCKED.is_file() else ""
    if not (web / constants.Reflex.JSON).is_file() or prerequisites.needs_reinit():
        prerequisites.initialize_reflex_user_directory()
        prerequisites.initialize_frontend_dependencies()
    prerequisites.get_compiled_app(prerender_routes=True, trigger="export")
    build.setup_frontend(Path.cwd())
    keep_as_committed(locked)
    pristine = Path(constants.Templates.Dirs.WEB_TEMPLATE, STATE_JS)
    (web / STATE_JS).write_text(same_origin(pristine.read_text()))
    try:
        wanted = vite_input(web)
        stamp = web / VITE_STAMP
        built = (web / constants.Dirs.STATIC / "index.html").is_file()
        if not built or not stamp.is_file() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            build.build()
            stamp.write_text(wanted)
    finally:
        # `reflex run` serves pages and backend on two ports and needs the original.
        shutil.copyfile(pristine, web / STATE_JS)


if __name__ == "__main__":
    main()
