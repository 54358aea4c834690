"""What a rendered project must pass."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from . import databases
from .combinations import WHOLE, Combination
from .commands import run

PYTEST = ("pytest", "-q", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=120")
"""A test that hangs shows where, long before it is killed."""

MIGRATE = """
from alembic.config import main
for step in ("upgrade head", "check", "downgrade base"):
    print("alembic", step, flush=True)
    main(argv=step.split())
"""
"""In one process: importing the project takes longer than any step."""

CHECKS: dict[str, list[list[str]]] = {
    "lint": [["ruff", "check", "--no-cache"]],
    "format": [["ruff", "format", "--check", "--no-cache"]],
    "imports": [["lint-imports", "--no-cache"]],
    "types": [["mypy"]],
    "dependencies": [["deptry", "."]],
    "migrations": [["python", "-c", MIGRATE]],
    "tests": [[*PYTEST]],
    "coverage": [[*PYTEST, "--cov", "--cov-report=term", "--cov-fail-under=100"]],
    "attacks": [[*PYTEST, "-m", "attack"]],
}
"""By name. Coverage is the tests once more, measured (see `due`)."""


RUNNING = ("tests", "coverage", "attacks")
"""Those that run the project's own tests."""

NOT_HEEDED = {"CORS_ORIGINS": "?", "access_token_minutes": "5", "HTTP_PROXY": "?", "SSL_CERT_FILE": "nowhere"}
"""What a developer's own shell may have set: a project's tests see nothing of it."""


def due(combination: Combination) -> list[str]:
    """Name the checks of a combination: all, with the tests run once, either with coverage or without."""
    return [check for check in CHECKS if check != ("tests" if is_measured(combination) else "coverage")]


def is_attacked(combination: Combination) -> bool:
    """Tell whether `make test` tries the attacks: on all methods on each storage, and on each alone on the first."""
    return combination.is_extreme and (combination.is_on_first_storage or len(combination.auth_methods) > 1)


def is_measured(combination: Combination) -> bool:
    """Tell whether every branch of `auth/` must be seen taken, which makes tests take twice as long.

    Each method alone, and all together: so each file has been without its neighbours and with them. One database is
    enough, since `auth/` is the same on all; with Redis, all together.
    """
    is_alone = len(combination.auth_methods) == 1 and not combination.redis
    return combination.database == WHOLE.database and (is_alone or combination.auth_methods == WHOLE.auth_methods)


def is_tried(combination: Combination) -> bool:
    """Tell whether `make test` runs a combination's own tests; `make matrix` runs those of every one.

    With every choice of methods on one storage, and on each other one with each method alone and all together: a method
    and a storage meet in the method's own files, whatever else is chosen (ADR 0023).
    """
    return combination.is_on_first_storage or combination.is_extreme


def complaint(project: Path, check: str) -> str:
    """Return a failed check's output; empty when it passes. Raises MissingProgramError where there is no server."""
    with _settings_for(project, check) as variables:
        for command in CHECKS[check]:
            result = run(project, *command, **variables)
            if result.returncode:
                return f"{' '.join(command)} in {project}:\n{result.stdout}"
    return ""


def _settings_for(project: Path, check: str) -> AbstractContextManager[dict[str, str]]:
    if check == "migrations":
        return databases.settings_for(project)
    # The tests make themselves a database.
    return nullcontext(NOT_HEEDED | databases.tests_of(project) if check in RUNNING else {})
