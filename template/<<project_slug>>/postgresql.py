"""What is specific to PostgreSQL."""

import asyncio
import math
import os
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from pydantic import Field, field_validator
from sqlalchemy import URL, CursorResult, DateTime, Executable, LargeBinary, String, Table, event, func, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from .second_try import GivenUp, forbid_another, may_try_again
from .settings import LOOPBACK, Settings

T = TypeVar("T")

NOT_THERE = (
    "Start the server, create the database, or fix DATABASE_URL; for development: "
    "docker compose -f compose.dev.yaml up -d --wait"
)
"""What an operator can do when the database does not respond."""

Moment = DateTime
Digest = LargeBinary(32)
"""A SHA-256 digest: compared byte by byte, never by collation (ST-4)."""


class Exact(String):
    """Text that is compared exactly: case, accents, trailing spaces. PostgreSQL compares all text like this (ST-4)."""


class DatabaseSettings(Settings):
    """Where the data lives."""

    connects = True
    database_url: str = Field(f"postgresql+psycopg://postgres:postgres@127.0.0.1:5432/{__package__}", repr=False)
    database_pool_size: int = Field(default=10, ge=1)
    """Connections kept open per worker for reading, and as many for writing. Too few make requests wait."""
    database_timeout: float = Field(default=5, gt=0, le=3600)
    """Seconds to wait for a connection or a lock; then the response is 503 (ASVS 13.2.6)."""
    database_statement_timeout: float = Field(default=15, gt=0, le=3600)
    """Seconds that one statement of a request may take: less than a stopping process waits for its requests."""
    allow_plain_database: bool = False

    @field_validator("database_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # the latter would show what follows an @ and a colon in a password
            url = None
        if url is None or url.drivername != "postgresql+psycopg" or not url.database:
            raise ValueError("is not a database URL: postgresql+psycopg://user:password@host/name")
        return value

    def problems(self) -> Iterator[str]:
        url = make_url(self.database_url)
        # The driver's order of precedence; a `service` is a file that may say anything.
        hosts = str(url.query.get("service") or url.query.get("hostaddr") or url.query.get("host", url.host or "/"))
        is_socket = all(host.startswith("/") for host in hosts.split(","))
        is_near = is_socket or hosts in LOOPBACK
        if not (is_near or url.query.get("sslmode") == "verify-full" or self.allow_plain_database):
            yield (
                "DATABASE_URL must end in ?sslmode=verify-full: otherwise anyone on the network path can read and "
                "alter the traffic. Set ALLOW_PLAIN_DATABASE=true only on a trusted network."
            )
        if not is_socket and "sslcert" not in url.query and not _is_own(url):
            yield "DATABASE_URL must have a password, and not a common one."
        # The driver always obeys PGHOSTADDR, and the others when the URL names no host.
        names = ("PGHOSTADDR",) if {"host", "hostaddr"} & set(url.query) or url.host else _ELSEWHERE
        if elsewhere := [name for name in names if os.environ.get(name)]:
            yield f"{', '.join(elsewhere)} must not be set: the driver would connect there."


def _is_own(url: URL) -> bool:
    return bool(url.password) and str(url.password).lower() not in {
        (url.username or "").lower(),
        *("postgres", "password", "changeme", "secret", "admin", "root", "example"),
    }


_ELSEWHERE = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
_AUTOCOMMIT: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
_COUNTERS = 2
"""Connections per worker for counting."""

_ROLLED_BACK = frozenset({"40001", "40P01"})
"""SQLSTATEs of a transaction aborted in favour of another: serialisation failure, deadlock."""
_READ_ONLY = "25006"


def engines(settings: DatabaseSettings) -> tuple[AsyncEngine, AsyncEngine, AsyncEngine]:
    """Return the engines for writing, reading and counting. They connect with the first query."""
    writing = _engine(settings, pool_size=settings.database_pool_size)
    event.listen(writing.sync_engine, "commit", forbid_another)
    # Its own connections: switching one to AUTOCOMMIT and back takes longer than most queries.
    reading = _engine(settings, pool_size=settings.database_pool_size, **_AUTOCOMMIT)
    # Separate, since counters of one name wait for each other's row: many at once would leave none for reading. They do
    # not wait for the disk: a crash of the server may forget the last second of counts, and of the keys' last use.
    counting = _engine(settings, pool_size=_COUNTERS, more="-c synchronous_commit=off", **_AUTOCOMMIT)
    return writing, reading, counting


committing = AsyncEngine.connect
"""How to connect for counting: there, each statement is committed by itself."""


def _engine(
    settings: DatabaseSettings, *, patience: float | None = None, more: str = "", **options: Any
) -> AsyncEngine:
    patience = settings.database_statement_timeout if patience is None else patience
    engine = create_async_engine(
        settings.database_url,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        pool_recycle=200,  # seconds: many a firewall forgets, and tells nobody, what was idle for four minutes
        connect_args=_connect_args(settings, patience, more),
        hide_parameters=True,  # errors are logged, and the parameters are users' data (ASVS 16.2.5)
        **options,
    )
    event.listen(engine.sync_engine, "handle_error", _tell_what_to_do)
    return engine


def _connect_args(settings: DatabaseSettings, patience: float, more: str) -> dict[str, Any]:
    fixed = {
        # Whatever the role's default: a conditional UPDATE that waited for another sees the new row, so its count
        # decides (ST-7).
        "default_transaction_isolation": r"read\ committed",
        "lock_timeout": _milliseconds(settings.database_timeout),
        "statement_timeout": _milliseconds(patience),
        # A worker that hangs inside a transaction must not keep its locks. A migration may work between statements.
        "idle_in_transaction_session_timeout": _milliseconds(patience),
        # The pool replaces what is idle: a server that is quicker would cost the next request a 503.
        "idle_session_timeout": 0,
    }
    own = str(make_url(settings.database_url).query.get("options", ""))  # a schema, for instance
    return {
        # A server that has not stopped the statement by then is frozen.
        "async_creator_fn": partial(_connect, patience + settings.database_timeout if patience else None),
        "client_encoding": "utf8",
        "connect_timeout": math.ceil(settings.database_timeout),
        "fallback_application_name": __package__,
        "keepalives_idle": 60,  # seconds
        "options": " ".join([own, more, *(f"-c {name}={each}" for name, each in fixed.items())]),
        # Milliseconds after which a server that vanished silently counts as gone.
        "tcp_user_timeout": _milliseconds(settings.database_statement_timeout),
    }


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)


class Connection(psycopg.AsyncConnection):
    """A connection that gives up on a server, and is closed, after `patience` seconds of silence."""

    patience: float | None = None

    async def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:  # noqa: ASYNC109 - psycopg's signature
        """Wait for the server; everything the driver asks of it passes through here."""
        try:
            return await super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # otherwise, its late answer would be taken for the next statement's
            raise


async def _connect(patience: float | None, *address: Any, **options: Any) -> Connection:
    connection = await Connection.connect(*address, **options)
    connection.patience = patience
    return connection


def _tell_what_to_do(context: ExceptionContext) -> None:
    state = getattr(context.original_exception, "sqlstate", None)
    # A server that has become a standby: the next connection finds the one that took over. These would stay here.
    context.is_disconnect |= state == _READ_ONLY
    if may_try_again() and state in _ROLLED_BACK:
        raise GivenUp from context.original_exception


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
    """Return a statement that makes new ids continue after copied ones, of which the sequence knows nothing."""
    column = table.autoincrement_column
    if column is None:
        return None
    sequence = func.pg_get_serial_sequence(func.quote_ident(table.name), column.name)
    return select(func.setval(sequence, func.nullif(func.greatest(func.max(column), 0), 0)))  # a sequence starts at 1


@asynccontextmanager
async def migrating(settings: DatabaseSettings) -> AsyncGenerator[AsyncConnection]:
    """Open a connection for migrations: all pending ones are applied or none, unless one ends their transaction.

    They have no time limit, but wait for a lock no longer than requests do, which queue up behind them.
    """
    engine = _engine(settings, patience=0)
    try:
        async with engine.connect() as connection:
            await _refuse_other_encodings(connection)
            await _wait_for_other_migrations(connection, settings.database_timeout)
            yield connection
    finally:
        await engine.dispose()


async def _refuse_other_encodings(connection: AsyncConnection) -> None:
    # Where it is another, some letters are missing, or counted as several: what has them would be a 500 (ST-5).
    if await connection.scalar(text("SHOW server_encoding")) != "UTF8":
        await connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'The encoding of the database is not UTF8'; END $$"))


async def _wait_for_other_migrations(connection: AsyncConnection, seconds: float) -> None:
    # Two releases at once would both create what is missing, and one would fail. The lock ends with the connection, not
    # with a transaction, since a migration may have to be outside of one (`autocommit_block`). It is asked for again
    # and again: an index that is built concurrently would wait for the statement that waits for it.
    deadline = monotonic() + seconds
    while not await connection.scalar(select(func.pg_try_advisory_lock(func.hashtext("migrations")))):
        if monotonic() > deadline:
            await connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'Another migration is under way'; END $$"))
        await connection.commit()
        await asyncio.sleep(0.1)
    await connection.commit()
