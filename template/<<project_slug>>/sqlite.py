"""SQLite, with one visit to a connection's thread per statement.

The driver as it comes makes four: for a cursor, the execution, the rows, the end of the cursor. A visit takes longer
than most queries. Invariant: a cursor of the database never leaves its thread; what comes back is rows, all of them.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

import aiosqlite
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.ext.asyncio import AsyncConnection

SET_UP = """
PRAGMA foreign_keys = ON;  -- SQLite ignores them unless told: a deleted user's tokens would live on (ST-1)
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
"""


class Cursor:
    """What SQLAlchemy needs of a cursor (PEP 249, awaited)."""

    arraysize = 1

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """Execute a statement and fetch its rows."""
        await self._connection.visit(partial(self._run, sqlite3.Cursor.execute, sql, parameters))
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Execute a statement once for each of the parameters."""
        await self._connection.visit(partial(self._run, sqlite3.Cursor.executemany, sql, parameters))
        return self

    def _run(self, execute: Callable[..., Any], sql: str, parameters: Sequence[Any]) -> None:
        cursor = self._connection.in_thread().cursor()
        try:
            execute(cursor, sql, parameters)
            self._rows, self.rowcount = cursor.fetchall(), cursor.rowcount
            self.description, self.lastrowid = cursor.description, cursor.lastrowid
        finally:
            cursor.close()

    async def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        return await self.fetchmany(len(self._rows))

    async def fetchmany(self, size: int) -> list[Any]:
        """Return the next rows."""
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        """Nothing is left open."""


class Connection(aiosqlite.Connection):
    """A connection whose transactions begin together with their first statement."""

    _wants_transaction = False

    def cursor(self) -> Cursor:  # type: ignore[override]  # the driver's own is awaited
        return Cursor(self)

    def ask_for_transaction(self) -> None:
        """Begin a transaction with the next statement."""
        self._wants_transaction = True

    def in_thread(self) -> sqlite3.Connection:
        """Return SQLite's own connection, in the transaction that was asked for. To be called in its thread."""
        connection: sqlite3.Connection = self._conn
        if self._wants_transaction:
            # Taking the write lock at the first statement makes rivals wait; later, SQLite fails them at once (ST-8).
            connection.execute("BEGIN IMMEDIATE")
            self._wants_transaction = False
        return connection

    async def visit(self, function: Callable[[], None]) -> None:
        """Run a function in the connection's thread."""
        await self._execute(function)  # type: ignore[no-untyped-call]  # its own name for this, and untyped


def connect(path: str, **options: Any) -> Connection:
    """Return a connection, not yet opened, for SQLAlchemy's `async_creator_fn`."""
    connection = Connection(partial(_open, path, options), iter_chunk_size=1)
    connection._thread.daemon = True  # else a connection left open would keep the process from ending
    return connection


def begin(connection: SyncConnection) -> None:
    """Begin a transaction; a listener to SQLAlchemy's `begin`."""
    driver: Any = connection.connection.driver_connection
    driver.ask_for_transaction()


async def prepare_migration(connection: AsyncConnection) -> None:
    """Let tables be copied, before the transaction begins.

    To alter a column, SQLite copies the table and drops the old one. With foreign keys on, that deletes what points at
    it: passwords, sessions, items.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute("PRAGMA foreign_keys = OFF")


def refuse_broken_references(connection: SyncConnection) -> None:
    """Stop a migration that leaves rows pointing at nothing. Raises RuntimeError, so nothing of it is committed."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"The migration breaks {len(broken)} references, the first from the table {broken[0][0]}.")


def _open(path: str, options: dict[str, Any]) -> sqlite3.Connection:
    if not path.startswith(("file:", ":")):
        with suppress(OSError):  # what is wrong with the path SQLite says better
            Path(path).touch(0o600)  # SQLite would make it as readable as the umask allows, and its log like it
    connection: sqlite3.Connection = sqlite3.connect(path, **options)
    connection.executescript(SET_UP)
    return connection
