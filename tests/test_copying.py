"""Data moves from database to database and is what it was."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tools import commands, databases, renders
from tools.combinations import WHOLE, Combination, choices

from .conftest import Render, on_servers
from .owners import THEIRS, conflicts, migrate, move_in, start, without_sample
from .test_update import contents

COMMANDS = (
    ("users", "create", "josé@example.com", "--admin"),
    ("users", "create", "jose@example.com"),
    ("api-keys", "create", "jose@example.com", "--name", "☕ % '\"\\", "--scope", "items:read"),
    ("passwords", "link", "josé@example.com"),
)
WHOLE_ON = {database: replace(WHOLE, database=database) for database in choices("database")}


def call(project: Path, address: str, *arguments: str, **variables: str) -> None:
    """Run one of the project's commands on a database."""
    result = commands.run(project, *commands.CLI, *arguments, DATABASE_URL=address, ENVIRONMENT="test", **variables)
    assert result.returncode == 0, result.stdout


def content(path: Path) -> list[str]:
    """Return all that a SQLite file holds."""
    with closing(sqlite3.connect(path)) as database:
        return sorted(line for line in database.iterdump() if line.startswith("INSERT"))


def fill(project: Path, address: str) -> None:
    """Make the tables, and rows in them."""
    call(project, address, "migrate")
    for command in COMMANDS:
        call(project, address, *command)


def test_what_went_through_every_server_comes_back_as_it_was(render: Render, tmp_path: Path) -> None:
    projects = {database: render(whole) for database, whole in WHOLE_ON.items()}
    first, last = (f"sqlite+aiosqlite:///{tmp_path / name}" for name in ("first.db", "last.db"))
    fill(projects["sqlite"], first)
    with (
        on_servers(),
        databases.new_database("postgresql") as second,
        databases.new_database("mysql") as third,
    ):
        way = {"postgresql": (first, second), "mysql": (second, third), "sqlite": (third, last)}
        for database, (source, target) in way.items():
            call(projects[database], target, "migrate")
            call(projects[database], target, "copy-from", source)
    assert len(content(tmp_path / "first.db")) > len(COMMANDS)
    assert content(tmp_path / "last.db") == content(tmp_path / "first.db")


def order_something(path: Path) -> None:
    """Put a row for each user into the owner's table."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("""INSERT INTO "order" SELECT id, id, 'tea ☕', created_at FROM "user" """)


def move(project: Path, to: Combination, source: str, target: str) -> None:
    """Change the database of a living project, as its README says."""
    renders.update(project, to.answers)
    assert conflicts(project) == set()
    renders.commit(project, "Another database")
    for direction in ("upgrade head", "downgrade base"):
        result = commands.run(project, "alembic", *direction.split(), DATABASE_URL=target)
        assert result.returncode == 0, result.stdout
    call(project, target, "migrate")
    assert "No new upgrade" in commands.run(project, "alembic", "check", DATABASE_URL=target).stdout
    call(project, target, "copy-from", OLD_DATABASE_URL=source)


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_a_living_project_moves_to_a_server_and_back_with_its_data(
    database: str, template: Path, render: Render, tmp_path: Path
) -> None:
    """With a table of its owner's, and with migrations that were written for the first database.

    One of them drops the sample and one adds a method; on another database they run up and down.
    """
    fewer = replace(WHOLE_ON["sqlite"], auth_methods=WHOLE_ON["sqlite"].auth_methods[:-1])
    project = move_in(start(template, tmp_path / "project", fewer))
    first, last = (f"sqlite+aiosqlite:///{tmp_path / name}" for name in ("first.db", "last.db"))
    call(project, first, "migrate")
    migrate(project, "Add orders", {"DATABASE_URL": first})
    renders.commit(project, "Orders")
    renders.update(project, WHOLE_ON["sqlite"].answers)
    migrate(project, "Another method", {"DATABASE_URL": first})
    renders.commit(project, "Another method")
    fill(project, first)
    order_something(tmp_path / "first.db")
    with on_servers(), databases.new_database(database) as there:
        move(project, WHOLE_ON[database], first, there)
        assert contents(project) == without_sample(contents(render(WHOLE_ON[database]))) | contents(THEIRS)
        again = commands.run(project, *commands.CLI, *COMMANDS[0], DATABASE_URL=there, ENVIRONMENT="test")
        assert "has an account already" in again.stdout
        move(project, WHOLE_ON["sqlite"], there, last)
    assert content(tmp_path / "last.db") == content(tmp_path / "first.db")
