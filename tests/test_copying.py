"""Data moves from database to database and is what it was."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tools import checks, databases
from tools.combinations import COMBINATIONS

from .conftest import Render, on_servers

PYTHON = checks.ENVIRONMENT / "bin" / "python"
COMMANDS = (
    ("users", "create", "josé@example.com", "--admin"),
    ("users", "create", "jose@example.com"),
    ("api-keys", "create", "jose@example.com", "--name", "☕ % '\"\\", "--scope", "items:read"),
    ("passwords", "link", "josé@example.com"),
)


def call(project: Path, address: str, *arguments: str) -> None:
    """Run one of the project's commands on a database."""
    result = checks.run(project, *checks.CLI, *arguments, DATABASE_URL=address)
    assert result.returncode == 0, result.stdout


def content(path: Path) -> list[str]:
    """Return all that a SQLite file holds."""
    with closing(sqlite3.connect(path)) as database:
        return sorted(line for line in database.iterdump() if line.startswith("INSERT"))


def test_what_went_through_every_server_comes_back_as_it_was(render: Render, tmp_path: Path) -> None:
    whole = {each.database: render(each) for each in COMBINATIONS if len(each.auth_methods) == 5 and not each.redis}
    first, last = (f"sqlite+aiosqlite:///{tmp_path / name}" for name in ("first.db", "last.db"))
    call(whole["sqlite"], first, "migrate")
    for command in COMMANDS:
        call(whole["sqlite"], first, *command)
    with (
        on_servers(),
        databases.new_database("postgresql", PYTHON) as second,
        databases.new_database("mysql", PYTHON) as third,
    ):
        way = {"postgresql": (first, second), "mysql": (second, third), "sqlite": (third, last)}
        for kind, (source, target) in way.items():
            call(whole[kind], target, "migrate")
            call(whole[kind], target, "copy-from", source)
    assert len(content(tmp_path / "first.db")) > len(COMMANDS)
    assert content(tmp_path / "last.db") == content(tmp_path / "first.db")
