"""The test database: one of its own on a PostgreSQL server, emptied for each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import delete
from sqlalchemy.engine import URL, make_url

from <<project_slug>>.db import NOT_THERE, Base
from <<project_slug>>.settings import Settings

from .surroundings import CONFIG, change_settings

SERVER = make_url(os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://postgres:postgres@127.0.0.1:5432/postgres"))
FIT: dict[str, str] = {}
"""What production needs in addition to the settings of `storage`."""
FAR = "postgresql+psycopg://app:a-good-one@db.example.com/app"
NEAR = "postgresql+psycopg://app:a-good-one@localhost/app"
UNFIT = [
    ("DATABASE_URL", ["", "app.db", "postgresql://localhost/app", "sqlite+aiosqlite:///app.db"]),
    ("DATABASE_URL", [FAR, f"{FAR}?sslmode=require", f"{FAR}?host=db.example.com&sslmode=verify-ca"]),
    ("DATABASE_URL", [f"postgresql+psycopg://{who}@127.0.0.1/app" for who in ("postgres:postgres", "app", "app:App")]),
    ("DATABASE_URL", [f"{NEAR}?{way}" for way in ("hostaddr=192.0.2.1", "service=far", "host=/run,db.example.com")]),
    ("DATABASE_URL", [f"postgresql+psycopg://{who}@127.0.0.1/app" for who in ("App:app", "app:postgres")]),
    ("DATABASE_URL", [f"postgresql+psycopg://app:{word}@127.0.0.1/app" for word in ("Password", "changeme")]),
    ("PGHOSTADDR", ["192.0.2.1"]),
    ("DATABASE_STATEMENT_TIMEOUT", ["0", "never"]),
]
"""What production refuses."""
UNSAFE = {"DATABASE_URL": FAR}
"""Valid settings that production refuses."""
SLOW = "SELECT pg_sleep(20)"
LOSSES = [f"DO $$ BEGIN RAISE {error}; END $$" for error in ("deadlock_detected", "serialization_failure")]
"""Fail as a transaction does that is given up for a concurrent one."""


def connect(address: URL, *, autocommit: bool = False) -> psycopg.Connection:
    """Connect from outside the app."""
    text = address.set(drivername="postgresql").render_as_string(hide_password=False)
    options = "-c lock_timeout=20s -c application_name=test"  # autovacuum may hold a lock
    return psycopg.connect(text, autocommit=autocommit, connect_timeout=5, options=options)


@contextmanager
def new_database(encoding: str = "ENCODING 'UTF8'") -> Iterator[str]:
    """Create a database and its owner, and drop both at the end; yield the address."""
    name, password = f"test_{token_hex(8)}", token_hex(16)
    try:
        server = connect(SERVER, autocommit=True)
    except psycopg.OperationalError:
        pytest.exit(f"PostgreSQL does not answer at {SERVER.host}. {NOT_THERE}", 2)
    with server:
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'".encode())
        server.execute(f"CREATE DATABASE {name} OWNER {name} {encoding} TEMPLATE template0".encode())
        try:
            yield SERVER.set(username=name, password=password, database=name).render_as_string(hide_password=False)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            server.execute(f"DROP ROLE {name}".encode())


<% include "includes/storage/server_database.py" %>@pytest.fixture(scope="session")
def start_afresh(migrated: Path, storage: dict[str, str]) -> Iterator[Callable[[], None]]:
    """Return a function that empties the database for a test: deleting all rows is faster than truncating."""
    everything = ";".join(str(delete(table)) for table in reversed(Base.metadata.sorted_tables)).encode()
    with connect(make_url(storage["DATABASE_URL"]), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")

        def empty() -> None:
            connection.execute(everything)

        yield empty


<% include "includes/storage/server_addresses.py" %>@pytest.fixture
def nowhere() -> str:
    """The address of a database that does not answer."""
    return "postgresql+psycopg://app:a-good-one@127.0.0.1:1/app"


def here() -> psycopg.Connection:
    """Connect to the database of the running test, from outside the app."""
    return connect(make_url(os.environ["DATABASE_URL"]))


def tables() -> set[str]:
    """Return the names of all tables."""
    with here() as connection:
        return {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def run(statement: str) -> None:
    """Execute a statement, outside the app."""
    with here() as connection:
        connection.execute(statement.encode())


def count(table: str) -> int:
    """Return how many rows a table has."""
    with here() as connection:
        [(number,)] = connection.execute(f'SELECT count(*) FROM "{table}"'.encode())  # noqa: S608 - named by a test
    return int(number)


def database_bytes() -> bytes:
    """Return everything the test's database holds."""
    with here() as connection, connection.cursor() as cursor:
        return b"".join(_content(cursor, table.name) for table in Base.metadata.sorted_tables)


def _content(cursor: psycopg.Cursor, table: str) -> bytes:
    with cursor.copy(f'COPY "{table}" TO STDOUT (FORMAT binary)'.encode()) as rows:
        return b"".join(map(bytes, rows))


@contextmanager
def locked() -> Iterator[Callable[[], None]]:
    """Block all writes until the end of the block, or until the yielded function is called."""
    with here() as rival:
        names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        rival.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE".encode())
        yield rival.rollback
        rival.rollback()
