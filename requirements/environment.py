"""Makes `.venv` from the hashed pins: `python3 requirements/environment.py PINS`, PINS being base, demo or dev.

It runs under whatever Python the machine has, so it keeps to syntax that an old one can still read, and to the
standard library. Each set of pins contains the smaller ones, with the same versions.
"""

import os
import subprocess
import sys
import time

OLDEST_PYTHON = (3, 11)
SETS = ("base", "demo", "dev")
PREREQUISITE_MISSING = 3
CONFIGURATION_WRONG = 2
OTHER_SIDE_UNREACHABLE = 4
INTERRUPTED = 130
PROGRESS_EVERY_S = 5

UNREACHABLE = (
    "Could not install the packages (pip's words are above). Check the network, or the package index pip is set to; "
    "it continues where it stopped."
)
BROKEN_CHECKOUT = "Could not install the checkout itself: pyproject.toml or regulars/__init__.py is damaged (above)."
BROKEN_VENV = "Could not make .venv (Python's words are above): apt install python3-venv, or make room on the disk."

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")


def main(arguments):
    if len(arguments) != 1 or arguments[0] not in SETS:
        stop("Say which pins to install: one of %s." % ", ".join(SETS), CONFIGURATION_WRONG)
    check_python()
    with open(os.path.join(ROOT, ".venv.lock"), "w") as lock:
        hold(lock)
        install(arguments[0])


def check_python():
    if sys.version_info < OLDEST_PYTHON:
        stop(
            "Regulars needs Python 3.11 or newer, this is %d.%d: install one (apt install python3.11 python3.11-venv) "
            "and name it: make PYTHON=python3.11." % sys.version_info[:2],
            PREREQUISITE_MISSING,
        )
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian ships Python without it; that is what is tested here
        import venv  # noqa: F401, PLC0415
    except ImportError:
        stop("Python's venv module is missing: apt install python3-venv (or python3-full).", PREREQUISITE_MISSING)


def hold(lock):
    # Two makes at once (a terminal and an editor) would otherwise install into one directory.
    import fcntl  # noqa: PLC0415 - absent on Windows, where make would not have come this far

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        tell("Another make is preparing .venv; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


def install(pins):
    if is_fresh(pins):
        return
    started = time.monotonic()
    if not os.path.exists(VENV_PYTHON):
        tell("Making .venv with Python %d.%d" % sys.version_info[:2])
        run([sys.executable, "-m", "venv", "--clear", VENV], BROKEN_VENV, PREREQUISITE_MISSING)
    requirements = requirements_of(pins)
    with open(requirements) as lines:
        count = sum(1 for line in lines if line[:1].isalnum())
    tell("Installing up to %d packages of requirements/%s.txt, every one checked against its hash" % (count, pins))
    # The pins are complete, so pip need not resolve; `--no-deps` makes a forgotten one visible at import.
    pip(
        UNREACHABLE,
        OTHER_SIDE_UNREACHABLE,
        ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", requirements),
    )
    # --editable: the checkout itself is what runs. Its build tools are in the pins.
    pip(BROKEN_CHECKOUT, CONFIGURATION_WRONG, ("--no-deps", "--no-build-isolation", "--no-index", "--editable", ROOT))
    for smaller in SETS[: SETS.index(pins) + 1]:
        with open(stamp_of(smaller), "w"):
            pass
    tell("Ready after %.0f s" % (time.monotonic() - started))


def is_fresh(pins):
    """True when the stamp is younger than the pins and the project's own description."""
    try:
        installed_at = os.path.getmtime(stamp_of(pins))
    except OSError:
        return False
    sources = (requirements_of(pins), os.path.join(ROOT, "pyproject.toml"))
    return os.path.exists(VENV_PYTHON) and all(os.path.getmtime(source) <= installed_at for source in sources)


def requirements_of(pins):
    return os.path.join(ROOT, "requirements", pins + ".txt")


def stamp_of(pins):
    return os.path.join(VENV, "installed-" + pins)


def pip(remedy, exit_code, arguments):
    command = [VENV_PYTHON, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install"]
    run(command + list(arguments), remedy, exit_code)


def run(command, remedy, exit_code):
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=ROOT)  # noqa: S603 - our own commands only
    while True:
        try:
            code = process.wait(timeout=PROGRESS_EVERY_S)
            break
        except subprocess.TimeoutExpired:
            tell("  ... %.0f s" % (time.monotonic() - started))
        except KeyboardInterrupt:
            process.wait()
            stop("Stopped; .venv is incomplete, the next make completes it.", INTERRUPTED)
    if code != 0:
        stop(remedy, exit_code)


def tell(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def stop(text, code):
    tell(text)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
