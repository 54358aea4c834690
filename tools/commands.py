"""Run commands in rendered projects, in one environment that has every dependency of every part."""

import os
import shutil
import subprocess
import zlib
from functools import cache
from multiprocessing import current_process
from pathlib import Path

from .combinations import ROOT, SLUG
from .forks import Forks

ENVIRONMENT = ROOT / ".cache" / "rendered"
MYPY_CACHE = ROOT / ".cache" / "mypy"

CLI = ("python", "-c", f"from {SLUG}.cli import main; main()")
"""A project's own command line, which is not installed in the shared environment."""

TOO_LONG = 600
"""Seconds after which a command is assumed to hang. The longest takes a tenth of it."""


def run(project: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the shared environment in a project, with none of this process's settings.

    One that hangs is killed.
    """
    if command[0] == "ruff":  # no Python
        return subprocess.run(
            [ENVIRONMENT / "bin" / command[0], *command[1:]],
            cwd=project,
            env=clean_environment() | variables,
            check=False,
            timeout=TOO_LONG,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    return forks().run(command, project, clean_environment() | variables, TOO_LONG)


def forks() -> Forks:
    """Return what runs the commands of this process, started with the first."""
    return _forks_of(os.getpid())


@cache
def _forks_of(_process: int) -> Forks:
    return Forks(ENVIRONMENT / "bin" / "python", clean_environment())


def desk(project: Path) -> Path:
    """Copy a project to where this process always works on one, so that what was compiled for the last is used again.

    A file's time there follows from its content: bytecode counts as that of a file with its path, size and time.
    """
    place = forks().folder / "project"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(project, place)
    for path in place.rglob("*"):
        if path.is_file():
            os.utime(path, (0, zlib.crc32(path.read_bytes()) // 2))
    return place


def clean_environment() -> dict[str, str]:
    """Return the variables of the shared environment, and none of this process's settings."""
    # One cache each: two mypy runs that write to the same one would corrupt it.
    worker = os.environ.get("PYTEST_XDIST_WORKER", current_process().name)
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "PATH": f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MYPY_CACHE_DIR": str(MYPY_CACHE / worker),
        "ENVIRONMENT": "test",
    }
