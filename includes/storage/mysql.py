"""The test database: one of its own on a MySQL or MariaDB server, emptied for each test."""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import asyncmy
import pytest
from alembic import command
from alembic.config import Config
from asyncmy.errors import OperationalError
from sqlalchemy.engine import URL, make_url

from <<project_slug>>.db import NOT_THERE, Base
from <<project_slug>>.settings import Settings

from .surroundings import CONFIG, change_settings

SERVER = make_url(os.environ.get("TEST_DATABASE_URL", "mysql+asyncmy://root@127.0.0.1:3306/mysql"))
FIT: dict[str, str] = {}
"""What production needs in addition to the settings of `storage`."""
UNFIT = [
    ("DATABASE_URL", ["", "app.db", "mysql://localhost/app", "mysql+asyncmy://app:a-good-one@127.0.0.1/app?ssl=true"]),
    ("DATABASE_URL", [f"mysql+asyncmy://{who}@127.0.0.1/app" for who in ("root", "root:root", "app:App", "app:mysql")]),
    ("DATABASE_URL", ["mysql+asyncmy://app:a-good-one@db.example.com/app"]),
    ("DATABASE_URL", ["mysql+asyncmy://app:a-good-one@127.0.0.1:65536/app"]),
    ("DATABASE_CA", ["/no/such/file.pem"]),
    ("DATABASE_STATEMENT_TIMEOUT", ["0", "never"]),
]
"""What production refuses."""
UNSAFE = {"DATABASE_URL": "mysql+asyncmy://app:a-good-one@db.example.com/app"}
"""Valid settings that production refuses."""
SLOW = "SELECT sleep(1)"
LOSSES = [f"SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = {error}" for error in (1213, 1020)]
"""Fail as a transaction does that is given up for a concurrent one; the second, as MariaDB may be told to."""


class Connection:
    """A connection outside the app. Its driver is asynchronous, so it has an event loop in a thread of its own."""

    def __init__(self, address: URL) -> None:
        self._runner, self._thread = asyncio.Runner(), ThreadPoolExecutor(1)
        where = {"host": address.host, "port": address.port or 3306, "user": address.username or ""}
        more = {"password": address.password or "", "database": address.database, "autocommit": True}
        self._connection = self._run(asyncmy.connect, **where, **more, connect_timeout=5)
        # MariaDB may notice only after five seconds that who holds a lock in a sleep() has gone.
        self.execute("SET SESSION wait_timeout = 86400, lock_wait_timeout = 20, innodb_lock_wait_timeout = 20")

    def _run(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        async def call() -> Any:
            return await function(*arguments, **options)

        return self._thread.submit(lambda: self._runner.run(call())).result()

    def execute(self, *statements: str) -> Any:
        """Execute statements; return the rows of the last one."""
        return self._run(self._execute, statements)

    async def _execute(self, statements: tuple[str, ...]) -> Any:
        async with self._connection.cursor() as cursor:
            for statement in statements:
                await cursor.execute(statement)
            return await cursor.fetchall()

    def close(self) -> None:
        """Close it, and its thread."""
        self._connection.close()
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()


@contextmanager
def connected(address: URL) -> Iterator[Connection]:
    """Connect from outside the app."""
    connection = Connection(address)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def new_database() -> Iterator[str]:
    """Create a database and its owner, and drop both at the end; yield the address."""
    name, password = f"test_{token_hex(8)}", token_hex(16)
    try:
        server = Connection(SERVER)
    except OperationalError:
        pytest.exit(f"MySQL does not answer at {SERVER.host}. {NOT_THERE}", 2)
    owners = [f"'{name}'@'{host}'" for host in ("%", "localhost")]
    try:
        server.execute(f"CREATE DATABASE {name}")
        for owner in owners:
            server.execute(f"CREATE USER {owner} IDENTIFIED BY '{password}'", f"GRANT ALL ON {name}.* TO {owner}")
        yield SERVER.set(username=name, password=password, database=name).render_as_string(hide_password=False)
    finally:
        server.execute(f"DROP DATABASE {name}", *(f"DROP USER {owner}" for owner in owners))
        server.close()


<% include "includes/storage/server_database.py" %>@pytest.fixture(scope="session")
def start_afresh(migrated: Path, storage: dict[str, str]) -> Iterator[Callable[[], None]]:
    """Return a function that empties the database for a test: deleting all rows is faster than truncating."""
    everything = [f"DELETE FROM `{table.name}`" for table in reversed(Base.metadata.sorted_tables)]  # noqa: S608 - ours
    with connected(make_url(storage["DATABASE_URL"])) as connection:

        def empty() -> None:
            connection.execute("BEGIN", *everything, "COMMIT")

        yield empty


<% include "includes/storage/server_addresses.py" %>@pytest.fixture
def nowhere() -> str:
    """The address of a database that does not answer."""
    return "mysql+asyncmy://app:a-good-one@127.0.0.1:1/app"


def ask(statement: str) -> Any:
    """Execute a statement in the database of the running test, outside the app; return its rows."""
    with connected(make_url(os.environ["DATABASE_URL"])) as connection:
        return connection.execute(statement)


def run(statement: str) -> None:
    """Execute a statement, outside the app."""
    ask(statement)


def tables() -> set[str]:
    """Return the names of all tables."""
    return {name for (name,) in ask("SHOW TABLES")}


def count(table: str) -> int:
    """Return how many rows a table has."""
    return int(ask(f"SELECT count(*) FROM `{table}`")[0][0])  # noqa: S608 - named by a test


def database_bytes() -> bytes:
    """Return everything the test's database holds."""
    contents = [ask(f"SELECT * FROM `{table.name}`") for table in Base.metadata.sorted_tables]  # noqa: S608 - as above
    values = [value for rows in contents for row in rows for value in row]
    return b"\n".join(each if isinstance(each, bytes) else f"{each}".encode() for each in values)


@contextmanager
def locked() -> Iterator[Callable[[], None]]:
    """Block all writes until the end of the block, or until the yielded function is called."""
    with connected(make_url(os.environ["DATABASE_URL"])) as rival:
        names = ", ".join(f"`{table.name}` READ" for table in Base.metadata.sorted_tables)
        rival.execute(f"LOCK TABLES {names}")

        def unlock() -> None:
            rival.execute("UNLOCK TABLES")

        yield unlock
