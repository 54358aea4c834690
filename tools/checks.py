"""The commands that a rendered project must pass, run in one environment that has every dependency of every part."""

import os
import shutil
import subprocess
import zlib
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path

from . import databases
from .combinations import COMBINATIONS, ROOT, SLUG, Combination
from .forks import Forks

ENVIRONMENT = ROOT / ".cache" / "rendered"
MYPY_CACHE = ROOT / ".cache" / "mypy"

PYTEST = ("pytest", "-q", "-p", "no:cacheprovider")

CHECKS: dict[str, list[list[str]]] = {
    "lint": [["ruff", "check", "--no-cache"]],
    "format": [["ruff", "format", "--check", "--no-cache"]],
    "imports": [["lint-imports", "--no-cache"]],
    "types": [["mypy"]],
    "dependencies": [["deptry", "."]],
    "migrations": [["alembic", *step.split()] for step in ("upgrade head", "check", "downgrade base")],
    "tests": [[*PYTEST]],
    "coverage": [[*PYTEST, "--cov", "--cov-report=term", "--cov-fail-under=100"]],
}
"""By name. Coverage is the tests once more, measured: see `due`."""

CLI = ("python", "-c", f"from {SLUG}.cli import main; main()")
"""A project's own command line, which is not installed in the shared environment."""


TOO_LONG = 600
"""Seconds after which a command is taken to hang. The longest takes a tenth of it."""


def due(combination: Combination) -> list[str]:
    """Name the checks of a combination: all, but its tests only one way, measured or not."""
    return [check for check in CHECKS if check != ("tests" if is_measured(combination) else "coverage")]


def is_measured(combination: Combination) -> bool:
    """Tell whether every branch of `auth/` must be seen taken, which makes tests take twice as long.

    Each method alone, each pair, and all together: so each file has been without and with each of its neighbours. One
    storage is enough for the small ones, since `auth/` is the same on all.
    """
    first, methods = COMBINATIONS[0], len(combination.auth_methods)
    is_first = (combination.database, combination.redis) == (first.database, first.redis)
    return methods == len(COMBINATIONS[-1].auth_methods) or (is_first and methods <= 2)


def run(project: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the shared environment in a project, with none of this process's settings.

    Raises subprocess.TimeoutExpired rather than wait for ever.
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
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "PATH": f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MYPY_CACHE_DIR": str(MYPY_CACHE / worker),
        "ENVIRONMENT": "test",
    }


def complaint(project: Path, check: str) -> str:
    """Return what a check has to say; empty when it passes. Raises MissingProgramError where there is no server."""
    with _settings_for(project, check) as variables:
        for command in CHECKS[check]:
            result = run(project, *command, **variables)
            if result.returncode:
                return f"{' '.join(command)} in {project}:\n{result.stdout}"
    return ""


def _settings_for(project: Path, check: str) -> AbstractContextManager[dict[str, str]]:
    if check == "migrations":
        return databases.settings_for(project, ENVIRONMENT / "bin" / "python")
    # The tests make themselves a database.
    return nullcontext(databases.tests_of(project) if check in ("tests", "coverage") else {})
