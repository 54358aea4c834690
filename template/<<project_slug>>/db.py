"""The database: engine, sessions and the column types that differ between databases.

`transaction()` commits on success and rolls back on any error; `reading()` runs without a transaction. Endpoints
ask for one of the two by annotation: `db: Writing` or `db: Reading`.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Request
from pydantic import Field, field_validator
from sqlalchemy import DateTime, Delete, Dialect, LargeBinary, MetaData, Update, bindparam, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from . import sqlite
from .settings import Settings

T = TypeVar("T")


class DatabaseSettings(Settings):
    """Where the data lives."""

    database_url: str = "sqlite+aiosqlite:///app.db"
    database_pool_size: int = Field(default=20, ge=1)
    """Connections kept open per worker for reading. Too few make requests wait. Writing has one of its own."""
    database_timeout: float = Field(default=5, gt=0)
    """Seconds to wait for a connection or a lock; then the answer is 503 (ASVS 13.2.6)."""
    allow_sqlite_in_production: bool = False

    @field_validator("database_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError:
            url = None
        if url is None or url.drivername != "sqlite+aiosqlite" or not url.database:
            raise ValueError("is not the address of a database, for instance sqlite+aiosqlite:///app.db")
        return value

    def problems(self) -> Iterator[str]:
        if not self.allow_sqlite_in_production:
            yield "DATABASE_URL names SQLite, which serves one machine; set ALLOW_SQLITE_IN_PRODUCTION=true to mean it."


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC, kept naive; SQLite and MySQL know no time zones (ST-3)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


Digest = LargeBinary(32)
"""A SHA-256 digest: compared byte by byte, never by collation (ST-4)."""

NOW = bindparam("now", type_=UtcDateTime())
"""The moment in a statement that is built once and executed with `now()`: building one costs more than running it."""


class Base(DeclarativeBase):
    """Every table. Named constraints, so that a migration can drop what it did not create."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


_AUTOCOMMIT: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}


class Database:
    """`transaction()` writes; what `reading()` writes is committed at once, so it must not. One event loop at a time.

    There is one connection to write with. Inside a transaction open no other, count no limit, and wait for nothing that
    is slow: no hash, no mail, no network. Everybody else's writes wait as long.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        # SQLite lets one write at a time. Waiting for the connection is a queue; waiting for the file is polling.
        # It goes back as it is, since every transaction has been committed or rolled back by then.
        self.engine = _create_engine(settings, pool_size=1, pool_reset_on_return=None)
        event.listen(self.engine.sync_engine, "begin", sqlite.begin)
        # Connections of its own: to switch one to AUTOCOMMIT and back takes longer than most queries.
        self.autocommit = _create_engine(settings, pool_size=settings.database_pool_size, **_AUTOCOMMIT)
        # Apart, since a counter waits for the file's lock: many of them at once would leave no connection to read with.
        self.counting = _create_engine(settings, pool_size=1, **_AUTOCOMMIT)
        for engine in (self.engine, self.autocommit, self.counting):
            engine.sync_engine.update_execution_options(database=self)
        self._parts: dict[Callable[[Database], Any], Any] = {}
        self._closing: list[Callable[[], Awaitable[None]]] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """Open a session whose changes are committed together, or not at all (ASVS 2.3.3)."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """Open a session without a transaction: one round trip per query, and no lock on SQLite."""
        async with AsyncSession(self.autocommit, expire_on_commit=False) as session:
            yield session

    async def close(self) -> None:
        """Close every connection, and forget what was built over them."""
        await self.engine.dispose()
        await self.autocommit.dispose()
        await self.counting.dispose()
        while self._closing:
            await self._closing.pop()()
        self._parts.clear()

    def part(self, make: "Callable[[Database], T]") -> T:
        """Return the one object that `make` builds over this database."""
        if make not in self._parts:
            self._parts[make] = make(self)
        built: T = self._parts[make]
        return built

    def at_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have a part's own connections closed together with the database."""
        self._closing.append(close)


async def affected(db: AsyncSession, statement: Delete | Update, parameters: Mapping[str, Any] | None = None) -> int:
    """Execute and return how many rows it changed: what decides a race between parallel requests (ST-7).

    Beside the ORM: objects that were loaded before know nothing of it.
    """
    return (await (await db.connection()).execute(statement, parameters)).rowcount


def _create_engine(settings: DatabaseSettings, **options: Any) -> AsyncEngine:
    return create_async_engine(
        settings.database_url,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        connect_args={"async_creator_fn": sqlite.connect, "timeout": settings.database_timeout},
        hide_parameters=True,  # an error's text goes to the log, and its values are users' (ASVS 16.2.5)
        **options,
    )


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Close the database at the end of the app's life. It opens with the first query."""
    yield
    await app.state.database.close()


def database_of(request: Request) -> Database:
    """Return the app's database."""
    database: Database = request.app.state.database
    return database


async def _writing(request: Request) -> AsyncGenerator[AsyncSession]:
    async with database_of(request).transaction() as session:
        yield session


async def _reading(request: Request) -> AsyncGenerator[AsyncSession]:
    async with database_of(request).reading() as session:
        yield session


# Scope "function": the commit comes before the answer. After it, a client could be told of a change that failed.
Writing = Annotated[AsyncSession, Depends(_writing, scope="function")]
Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]

Db = Annotated[Database, Depends(database_of)]
"""For endpoints whose service opens its transactions itself, since something slow comes between them."""
