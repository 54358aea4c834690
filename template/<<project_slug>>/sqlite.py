"""What is specific to SQLite, with one visit to a connection's thread per statement.

The driver alone makes four: to open a cursor, execute, fetch the rows and close the cursor. A visit takes longer than
most queries. Invariant: a database cursor never leaves its thread; what comes back is rows, all of them.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

import aiosqlite
from aiosqlite.core import _STOP_RUNNING_SENTINEL
from pydantic import Field, field_validator
from sqlalchemy import CursorResult, DateTime, Executable, LargeBinary, String, Table, event
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.engine import Connection as SyncConnection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolResetState

from .settings import Settings

NOT_THERE = "Does the folder of the file in DATABASE_URL exist, and is it writable?"
"""What an operator can do when the database does not respond."""

Moment = DateTime
Digest = LargeBinary(32)
"""A SHA-256 digest: compared byte by byte, never by collation (ST-4)."""


class Exact(String):
    """Text that is compared exactly: case, accents, trailing spaces. SQLite compares all text like this (ST-4)."""


class DatabaseSettings(Settings):
    """Where the data lives."""

    connects = True
    database_url: str = "sqlite+aiosqlite:///app.db"
    database_pool_size: int = Field(default=20, ge=1)
    """Connections kept open per worker for reading. Too few make requests wait. Writing has its own."""
    database_timeout: float = Field(default=5, gt=0, le=3600)
    """Seconds to wait for a connection or a lock; then the response is 503 (ASVS 13.2.6)."""
    allow_sqlite_in_production: bool = False

    @field_validator("database_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # the latter for a port that is not a number
            url = None
        if url is None or url.drivername != "sqlite+aiosqlite" or url.database in (None, "", ":memory:"):
            raise ValueError("is not a database URL, for instance sqlite+aiosqlite:///app.db")
        return value

    def problems(self) -> Iterator[str]:
        if not self.allow_sqlite_in_production:
            yield "DATABASE_URL names SQLite, which serves one machine; ALLOW_SQLITE_IN_PRODUCTION=true allows that."


_AUTOCOMMIT: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}


def engines(settings: DatabaseSettings) -> tuple[AsyncEngine, AsyncEngine, AsyncEngine]:
    """Return the engines for writing, reading and counting. They connect with the first query."""
    # Its own connections: switching one to AUTOCOMMIT and back takes longer than most queries.
    reading = _engine(settings, pool_size=settings.database_pool_size, **_AUTOCOMMIT)
    writing = _writing(settings)
    return writing, reading, writing


committing = AsyncEngine.begin
"""How to connect for counting: as any writer. On a connection of its own it would poll for the file, and starve."""


def _writing(settings: DatabaseSettings) -> AsyncEngine:
    # SQLite allows one writer at a time. Waiting for the connection is a queue; waiting for the file is polling.
    # No reset on return: nearly every transaction has been committed or rolled back by then.
    engine = _engine(settings, pool_size=1, pool_reset_on_return=None)
    event.listen(engine.sync_engine, "begin", begin)
    event.listen(engine.sync_engine, "reset", roll_back)
    return engine


def _engine(settings: DatabaseSettings, **options: Any) -> AsyncEngine:
    return create_async_engine(
        settings.database_url,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        connect_args={"async_creator_fn": connect, "timeout": settings.database_timeout},
        hide_parameters=True,  # errors are logged, and the parameters are users' data (ASVS 16.2.5)
        **options,
    )


def upsert(into: Table, row: Mapping[str, Any], changes: Mapping[str, Any], *, key: Iterable[str]) -> Insert:
    """Return a statement that inserts a row or, if one has its key, changes that one, atomically."""
    return insert(into).values(row).on_conflict_do_update(index_elements=key, set_=changes)


def counting(into: Table, row: Mapping[str, Any], changes: Mapping[str, Any], *, key: Iterable[str]) -> Executable:
    """Return an upsert whose result tells `count_of` what the column `count` holds afterwards."""
    return upsert(into, row, changes, key=key).returning(into.c.count)


def count_of(result: CursorResult[Any]) -> int:
    """Return the count from the result of a `counting` statement."""
    return int(result.scalar_one())


def numbered_on(table: Table) -> Executable | None:
    """Return a statement that makes new ids continue after copied ones; None, since SQLite does so by itself."""
    return None


@asynccontextmanager
async def migrating(settings: DatabaseSettings) -> AsyncGenerator[AsyncConnection]:
    """Open a connection for migrations: either all pending ones are applied, or none.

    To alter a column, SQLite copies the table and drops the old one. With foreign keys on, that deletes the rows that
    refer to it: passwords, sessions, items.
    """
    engine = _writing(settings)
    try:
        async with engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.execute("PRAGMA foreign_keys = OFF")
            async with connection.begin():
                yield connection
                await connection.run_sync(refuse_broken_references)
    finally:
        await engine.dispose()


SET_UP = """
PRAGMA foreign_keys = ON;  -- off by default: a deleted user's tokens would live on (ST-1)
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
        """Return the remaining rows."""
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
        """Return SQLite's own connection, in the transaction that was asked for. Call it in the connection's thread."""
        connection: sqlite3.Connection = self._conn
        if self._wants_transaction:
            # With the write lock taken by the first statement, others wait; later, SQLite fails them at once (ST-8).
            connection.execute("BEGIN IMMEDIATE")
            self._wants_transaction = False
        return connection

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread. If the connection could not be opened, nobody awaits that: the event loop may be closed."""
        if self._connection:
            return super().stop()
        self._tx.put_nowait((None, lambda: _STOP_RUNNING_SENTINEL))
        return None

    async def visit(self, function: Callable[[], None]) -> None:
        """Run a function in the connection's thread."""
        await self._execute(function)  # type: ignore[no-untyped-call]  # its own name for this, and untyped


def connect(path: str, **options: Any) -> Connection:
    """Return a connection, not yet opened, for SQLAlchemy's `async_creator_fn`."""
    connection = Connection(partial(_open, path, options), iter_chunk_size=1)
    connection._thread.daemon = True  # otherwise, a connection left open would keep the process from ending
    return connection


def begin(connection: SyncConnection) -> None:
    """Begin a transaction; a listener for SQLAlchemy's `begin` event."""
    driver: Any = connection.connection.driver_connection
    driver.ask_for_transaction()


def roll_back(connection: Any, _entry: object, state: PoolResetState) -> None:
    """Roll back what a failed COMMIT has left open, which frees the file's lock; a listener for `reset`."""
    if state.asyncio_safe and connection.driver_connection.in_transaction:
        connection.rollback()


def refuse_broken_references(connection: SyncConnection) -> None:
    """Stop a migration that leaves dangling references. Raises RuntimeError, so that none of it is committed."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"The migration breaks {len(broken)} references, the first from the table {broken[0][0]}.")


def _open(path: str, options: dict[str, Any]) -> sqlite3.Connection:
    if not path.startswith(("file:", ":")):
        with suppress(OSError):  # SQLite says better what is wrong with the path
            Path(path).touch(0o600)  # SQLite would create it, and its log, as readable as the umask allows
    connection: sqlite3.Connection = sqlite3.connect(path, **options)
    connection.executescript(SET_UP)
    return connection
