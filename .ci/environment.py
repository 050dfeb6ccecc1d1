"""Make .venv exactly what requirements.lock says, from nothing but Python 3.11 or newer.

Run by the Makefile. Standard library only, and written for any Python 3 so that an old one gets a sentence.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "bin")
LOCK = os.path.join(ROOT, "requirements.lock")
OLDEST = (3, 11)
# Where systems keep the certificates that they trust; an office proxy adds its own there, and uv looks elsewhere.
TRUSTED = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def fail(sentence):
    """End with one sentence."""
    sys.exit(sentence)


def answers(*command):
    """Whether a command can be run at all."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def new_enough(python):
    """Whether this interpreter can run Mewayz."""
    return answers(python, "-c", "import sys; sys.exit(sys.version_info < %r)" % (OLDEST,))


def find_python():
    """An interpreter that is new enough: the one running this file, or another on PATH."""
    # The base interpreter, because .venv may be rebuilt under the one that runs now.
    here = getattr(sys, "_base_executable", sys.executable) or sys.executable
    for python in [here] + [shutil.which("python3.%d" % minor) for minor in (11, 12, 13, 14)]:
        if python and new_enough(python):
            return python
    return fail("Mewayz needs Python 3.11 or newer; this is %d.%d. Set PYTHON=/path/to/python3.11." % sys.version_info[:2])


def find_uv():
    """The uv of the environment, or one on PATH; None when there is none that works."""
    for uv in (os.path.join(BIN, "uv"), shutil.which("uv")):
        if uv and answers(uv, "--version"):
            return uv
    return None


def locked_uv(folder):
    """A requirements file with only the locked uv and its hashes."""
    lines, inside = [], False
    with open(LOCK) as lock:
        for line in lock:
            if not line.startswith(" "):
                inside = line.startswith("uv==")
            if inside:
                lines.append(line)
    path = os.path.join(folder, "uv.txt")
    with open(path, "w") as file:
        file.writelines(lines)
    return path


def run(*command):
    """Run a step quietly; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    if done.returncode:
        sys.stderr.write(done.stdout)
        fail("The environment could not be installed: %s failed (above)." % " ".join(command[:3]))


def debian_root():
    """Whether apt-get may be used."""
    return os.path.exists("/etc/debian_version") and os.geteuid() == 0 and shutil.which("apt-get")


def has_venv(python):
    """Whether this interpreter can make an environment with pip in it; Debian's cannot without python3-venv."""
    return answers(python, "-c", "import venv, ensurepip; ensurepip.version()")


def create(python):
    """Create .venv and return a uv that can fill it; each way is tried only when the one before is impossible."""
    if not has_venv(python) and not find_uv() and not answers(python, "-m", "pip", "--version"):
        if not debian_root():
            fail("This Python has neither venv nor pip: install python3-venv (Debian: apt-get install python3-venv) and run make again.")
        print("Installing Debian's python3-venv ...", flush=True)
        run("apt-get", "-q", "update")
        run("apt-get", "-qy", "install", "--no-install-recommends", "python3-venv")
    uv = find_uv()
    if uv and not uv.startswith(BIN):
        run(uv, "venv", "--clear", "--python", python, VENV)
        return uv
    with tempfile.TemporaryDirectory() as folder:
        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", locked_uv(folder))
        if has_venv(python):
            run(python, "-m", "venv", "--clear", VENV)
            run(os.path.join(BIN, "python"), *pip)
        else:
            # Debian forbids pip to touch the system, but a separate folder is no part of it.
            target = os.path.join(folder, "uv")
            run(python, *pip, "--target", target)
            uv = os.path.join(target, "bin", "uv")
            run(uv, "venv", "--clear", "--python", python, VENV)
            run(uv, "pip", "install", "--python", VENV, "--require-hashes", "-r", locked_uv(folder))
    return os.path.join(BIN, "uv")


def main():
    """Bring .venv in line with the lock file and leave a stamp for make."""
    wanted = find_python()
    fresh = not new_enough(os.path.join(BIN, "python"))
    print("Installing the environment (%s) ..." % ("once; a minute or two" if fresh else "the lock file changed"), flush=True)
    os.environ.pop("VIRTUAL_ENV", None)
    trusted = next((path for path in TRUSTED if os.path.exists(path)), None)
    if trusted:
        os.environ.setdefault("SSL_CERT_FILE", trusted)
    uv = create(wanted) if fresh else find_uv() or create(wanted)
    run(uv, "pip", "sync", "--quiet", "--python", VENV, "--require-hashes", LOCK)
    run(uv, "pip", "install", "--quiet", "--python", VENV, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    with open(LOCK, "rb") as lock:
        digest = hashlib.sha256(lock.read()).hexdigest()
    with open(os.path.join(VENV, ".ready"), "w") as stamp:
        stamp.write(digest + "\n")


if __name__ == "__main__":
    main()
