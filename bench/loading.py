"""Load the demo shop in a process of its own, whose memory is then that of the load alone.

python -m bench.loading DATA_DIR DATABASE_URL [--full [FILE]]

Prints one JSON object: seconds, lines in the file and lines that became order lines, and peak memory in MB.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import open_runtime
from mewayz.backend.settings import Settings
from mewayz.domains.admin.service import admin
from tests.services import SECRET


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _waited() -> float:
    """Seconds in which threads of this process wanted to work and had no processor."""
    return sum(int(file.read_text().split()[1]) for file in Path("/proc/self/task").glob("*/schedstat")) / 1e9


async def load(data_dir: Path, url: str, *, full: bool, given: Path | None) -> dict[str, Any]:
    """Load as the command line and the page do."""
    settings = Settings(_env_file=None, data_dir=data_dir, secret_key=SecretStr(SECRET), database_url=url)  # pyright: ignore
    idle = _peak_mb()
    async with open_runtime(settings):
        started, worked = time.perf_counter(), time.process_time()
        loaded = await admin.load_demo(SYSTEM, full=full, given=given)
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        waited = _waited()  # before its threads end
    return {
        "seconds": seconds,
        "cpu": worked,
        "waited": waited,
        "read": loaded.left_out.lines_read,
        "lines": loaded.lines,
        "orders": loaded.orders,
        "returns": loaded.returns,
        "idle_mb": idle,
        "peak_mb": _peak_mb(),
    }


if __name__ == "__main__":
    data_dir, url, *rest = sys.argv[1:]
    given = Path(rest[1]) if len(rest) > 1 else None
    print(json.dumps(asyncio.run(load(Path(data_dir), url, full="--full" in rest, given=given))))
