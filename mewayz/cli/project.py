"""Where the project is, and the environment that Reflex and npm are started with."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dotenv import load_dotenv

from mewayz.backend.errors import ConfigError

# Names that Reflex 0.10.1 calls internal: this is the only place that knows them.
SERVE_BUILT_PAGES = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
}
QUIET = {
    "REFLEX_USE_NPM": "1",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
}


def root() -> Path:
    """The folder with rxconfig.py: the current one, or the one that Mewayz is installed from.

    Raises:
        ConfigError: there is none.
    """
    for folder in (Path.cwd(), Path(__file__).resolve().parents[2]):
        if (folder / "rxconfig.py").is_file():
            return folder
    raise ConfigError("rxconfig.py was not found. Run mewayz in the folder that Mewayz was cloned into.")


def enter() -> Path:
    """Make the project the current folder, as Reflex expects; what `.env` here says keeps holding."""
    load_dotenv(Path(".env"))
    if folder := os.environ.get("MEWAYZ_DATA_DIR"):
        os.environ["MEWAYZ_DATA_DIR"] = str(Path(folder).expanduser().absolute())
    project = root()
    os.chdir(project)
    return project


def toolchain() -> dict[str, str]:
    """The environment for building: node and npm of this Python environment come first on PATH.

    Raises:
        ConfigError: there is no npm.
    """
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, **QUIET}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        raise ConfigError("npm was not found. Install the locked environment with `make run`, which brings Node and npm.")
    if "NPM_CONFIG_REGISTRY" not in environment:
        # Told which registry npm uses, Reflex does not measure mirrors of its own.
        found = subprocess.run([npm, "config", "get", "registry"], env=environment, capture_output=True, text=True, check=False)
        if registry := found.stdout.strip():
            environment["NPM_CONFIG_REGISTRY"] = registry
    return environment


def migrate() -> None:
    """Migrate the database in a process of its own, which keeps the models out of the memory of a long-lived one.

    Raises:
        ConfigError: what the command said.
    """
    command = [sys.executable, "-m", "mewayz.cli", "migrate", "--quiet"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ConfigError(done.stderr.strip().removeprefix("Error: "))
