"""What a SQLite database holds: a row for every table, and what became of the rows."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

VALUES = {"CHAR": "5" * 32, "DATETIME": "2030-01-01 00:00:00", "BOOLEAN": 1, "BLOB": b"\x05" * 32, "JSON": "{}"}
"""By the name of a column's type. Every id is the same, so that every row is that of the same user."""

Row = dict[str, Any]


def address(database: Path) -> dict[str, str]:
    """Return the setting that leads to a database."""
    return {"DATABASE_URL": f"sqlite+aiosqlite:///{database}"}


def tables(connection: sqlite3.Connection) -> list[str]:
    """Name the tables of the project's models."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
    return [name for (name,) in connection.execute(query)]


def fill(database: Path) -> None:
    """Put a row into every table that has none."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in tables(connection):
            if not connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]:  # noqa: S608 - ours
                put(connection, table)


def put(connection: sqlite3.Connection, table: str) -> None:
    """Put a row into a table, with a value in every column."""
    columns = [(name, kind) for _, name, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")')]
    row = {name: VALUES.get(kind.partition("(")[0], 5 if "INT" in kind else f"a {name}") for name, kind in columns}
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', [*row.values()])  # noqa: S608 - ours


def rows(database: Path) -> dict[str, list[Row]]:
    """Read everything."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        found = {table: connection.execute(f'SELECT * FROM "{table}"') for table in tables(connection)}  # noqa: S608 - ours
        return {table: sorted(map(dict, cursor), key=str) for table, cursor in found.items()}


def lost(before: dict[str, list[Row]], after: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Return the rows that are no more what they were, of the tables that stayed; other columns may have come."""
    there = {table: [row.items() for row in after[table]] for table in before.keys() & after.keys()}
    return {
        table: gone
        for table, now in there.items()
        if (gone := [row for row in before[table] if not any(row.items() <= each for each in now)])
    }
