"""Before the tests: install the Debian packages that they use, when this is root on Debian; else say what is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDS = {
    "redis-server": ("redis-server",),
    "postgresql": ("initdb", "/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb"),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
}


def found(places: tuple[str, ...]) -> bool:
    """Whether one of the commands or path patterns exists."""
    return any(shutil.which(place) if "/" not in place else any(Path("/").glob(place[1:])) for place in places)


def main() -> int:
    """Install or name what is missing; 1 only when installing failed."""
    missing = [package for package, places in NEEDS.items() if not found(places)]
    if not missing:
        return 0
    names = " ".join(missing)
    if not (Path("/etc/debian_version").exists() and os.geteuid() == 0 and shutil.which("apt-get")):
        print(f"Not installed: {names}. Tests that need them are skipped and named at the end.", flush=True)
        return 0
    print(f"The tests use real services. Installing from Debian: {names} ...", flush=True)
    # RUNLEVEL=1 keeps Debian from starting the services system-wide; the tests start their own on free ports.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["apt-get", "-q", "update"], ["apt-get", "-qy", "install", "--no-install-recommends", *missing]):
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            sys.stderr.write(done.stdout)
            print(f"Debian could not install {names} (above).", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
