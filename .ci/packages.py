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
# What the tests are faster with; where it cannot be had, nothing is skipped.
FASTER = {"chromium-headless-shell": ("chromium-headless-shell",)}


def found(places: tuple[str, ...]) -> bool:
    """Whether one of the commands or path patterns exists."""
    return any(shutil.which(place) if "/" not in place else any(Path("/").glob(place[1:])) for place in places)


def apt_get(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run apt-get, which asks nothing and says nothing."""
    # RUNLEVEL=1 keeps Debian from starting the services system-wide; the tests start their own on free ports.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    return subprocess.run(["apt-get", *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def main() -> int:
    """Install or name what is missing; 1 only when installing what is needed failed."""
    missing = [package for package, places in NEEDS.items() if not found(places)]
    slow = [package for package, places in FASTER.items() if not found(places)]
    names = " ".join(missing)
    if not (Path("/etc/debian_version").exists() and os.geteuid() == 0 and shutil.which("apt-get")):
        if missing:
            print(f"Not installed: {names}. Tests that need them are skipped and named at the end.", flush=True)
        return 0
    if not missing + slow:
        return 0
    print(f"The tests use real services. Installing from Debian: {' '.join(missing + slow)} ...", flush=True)
    apt_get("-q", "update")
    # Needed and faster ones together, or, where Debian does not have them all, the needed ones alone.
    install = ("-qy", "install", "--no-install-recommends")
    if not apt_get(*install, *missing, *slow).returncode or not missing:
        return 0
    done = apt_get(*install, *missing)
    if done.returncode:
        sys.stderr.write(done.stdout)
        print(f"Debian could not install {names} (above).", file=sys.stderr)
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
