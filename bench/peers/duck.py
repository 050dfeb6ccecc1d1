"""DuckDB, installed beside the benchmarks when it is first needed: the product does not use it."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.services import MissingService

_VERSION = "1.4.2"
_FOLDER = Path(__file__).parent / "python"


def duckdb() -> Any:
    """The module.

    Raises:
        MissingService: it cannot be installed here.
    """
    if str(_FOLDER) not in sys.path:
        sys.path.append(str(_FOLDER))
    try:
        return importlib.import_module("duckdb")
    except ModuleNotFoundError:
        command = ["uv", "--system-certs", "pip", "install", "--quiet", "--target", _FOLDER, f"duckdb=={_VERSION}"]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise MissingService("duckdb") from error
    importlib.invalidate_caches()
    return importlib.import_module("duckdb")
