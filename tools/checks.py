"""The commands that a rendered project must pass, run in one environment that has every dependency of every part."""

import os
import subprocess
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from . import databases
from .combinations import ROOT, SLUG

ENVIRONMENT = ROOT / ".cache" / "rendered"
MYPY_CACHE = ROOT / ".cache" / "mypy"

CHECKS: dict[str, list[list[str]]] = {
    "lint": [["ruff", "check", "--no-cache"]],
    "format": [["ruff", "format", "--check", "--no-cache"]],
    "imports": [["lint-imports", "--no-cache"]],
    "types": [["mypy"]],
    "dependencies": [["deptry", "."]],
    "migrations": [["alembic", *step.split()] for step in ("upgrade head", "check", "downgrade base")],
    "tests": [["pytest", "-q", "-p", "no:cacheprovider", "--cov", "--cov-report=term", "--cov-fail-under=100"]],
}

CLI = ("python", "-c", f"from {SLUG}.cli import main; main()")
"""A project's own command line, which is not installed in the shared environment."""


TOO_LONG = 600
"""Seconds after which a command is taken to hang. The longest takes a tenth of it."""


def run(project: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the shared environment in a project, with none of this process's settings.

    Raises subprocess.TimeoutExpired rather than wait for ever.
    """
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
    """Return what a check has to say; empty when it passes."""
    with _settings_for(project, check) as variables:
        for command in CHECKS[check]:
            result = run(project, *command, **variables)
            if result.returncode:
                return f"{' '.join(command)} in {project}:\n{result.stdout}"
    return ""


def _settings_for(project: Path, check: str) -> AbstractContextManager[dict[str, str]]:
    # The tests make themselves a database.
    return databases.settings_for(project, ENVIRONMENT / "bin" / "python") if check == "migrations" else nullcontext({})
