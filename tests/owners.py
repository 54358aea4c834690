"""What owners do with their projects."""

import re
import shutil
from pathlib import Path

from tools import commands, renders
from tools.combinations import ROOT, Combination

THEIRS = ROOT / "tests" / "owner"
"""Files that an owner adds, or that the template wrote once to be the owner's."""

SAMPLE = ("my_api/items", "tests/items")
"""Folders that an owner deletes."""

HISTORY = "migrations/versions/"


def start(template: Path, folder: Path, combination: Combination, ref: str = "HEAD") -> Path:
    """Render a project and commit it, as its owner would."""
    project = renders.render(template, folder, combination.answers, ref)
    renders.commit(project)
    return project


def move_in(project: Path) -> Path:
    """Add what is the owner's: a table, a router, a setting, an error, a method, and tests; delete the sample."""
    shutil.copytree(THEIRS, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in SAMPLE:
        shutil.rmtree(project / folder)
    return project


def without_sample(found: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what the owner has deleted."""
    return {name: text for name, text in found.items() if not name.startswith(SAMPLE)}


def succeed(project: Path, *command: str, **variables: str) -> str:
    """Run a command that must succeed, and return what it prints."""
    result = commands.run(project, *command, **variables)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}"
    return result.stdout


def migrate(project: Path, message: str, database: dict[str, str]) -> None:
    """Write a migration for what changed, and go there; nothing may be left to migrate."""
    succeed(project, "alembic", "revision", "--autogenerate", "-m", message, **database)
    succeed(project, "alembic", "upgrade", "head", **database)
    succeed(project, "alembic", "check", **database)


def conflicts(project: Path) -> set[str]:
    """Name the files that an update could not merge."""
    status = renders.git(project, "status", "--porcelain").splitlines()
    unmerged = {line[3:] for line in status if re.match("UU|AA|DU|UD|AU|UA|DD", line)}
    return unmerged | {path.relative_to(project).as_posix() for path in project.rglob("*.rej")}
