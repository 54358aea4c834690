"""What is specific to MySQL and MariaDB."""

import asyncio
import logging
import math
import ssl
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from asyncmy import Connection, connect
from asyncmy.constants.CR import CR_SERVER_LOST
from asyncmy.errors import OperationalError
from pydantic import Field, field_validator
from sqlalchemy import URL, CursorResult, Dialect, Executable, Table, event, func, text
from sqlalchemy.dialects.mysql import BINARY, DATETIME, VARBINARY, Insert, insert
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import TypeDecorator

from .second_try import GivenUp, forbid_another, may_try_again
from .settings import LOOPBACK, Settings

# MySQL calls every primary key PRIMARY, and warns about each one in a migration that its name is ignored.
logging.getLogger("asyncmy").addFilter(lambda record: "ignored for PRIMARY key" not in record.getMessage())

NOT_THERE = (
    "Start the server, create the database, or fix DATABASE_URL; for development: "
    "docker compose -f compose.dev.yaml up -d --wait"
)
"""What an operator can do when the database does not respond."""

Moment = DATETIME(fsp=6)
"""To the microsecond. Without the fraction a time is rounded, and may come back later than it was (ST-5)."""
Digest = BINARY(32)
"""A SHA-256 digest: compared byte by byte, never by collation (ST-4)."""


class Exact(TypeDecorator[str]):
    """Text that is compared exactly: case, accents, trailing spaces; its length is in bytes (ST-4).

    No collation that both servers know compares the spaces.
    """

    impl = VARBINARY
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.encode()

    def process_result_value(self, value: bytes | str | None, dialect: Dialect) -> str | None:
        return value.decode() if isinstance(value, bytes) else value


@compiles(CreateTable, "mysql")
def create_table(element: CreateTable, compiler: DDLCompiler, **_: Any) -> str:
    """Create every table with enforced foreign keys, all of Unicode, and text that is compared character by character.

    The usual collations equate A with a and é with e: two e-mail addresses would be one account (ST-4, ST-5).
    """
    statement: str = compiler.visit_create_table(element).rstrip()  # type: ignore[no-untyped-call]  # as it says
    return f"{statement} ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARSET=utf8mb4 COLLATE=utf8mb4_bin\n\n"


SYSTEM = "system"
"""The authorities that the machine trusts."""


class DatabaseSettings(Settings):
    """Where the data lives."""

    connects = True
    database_url: str = Field(f"mysql+asyncmy://root@127.0.0.1:3306/{__package__}", repr=False)
    database_pool_size: int = Field(default=10, ge=1)
    """Connections kept open per worker for reading, and as many for writing. Too few make requests wait."""
    database_timeout: float = Field(default=5, gt=0, le=3600)
    """Seconds to wait for a connection or a lock; then the response is 503 (ASVS 13.2.6). Locks count whole seconds."""
    database_statement_timeout: float = Field(default=15, gt=0, le=3600)
    """Seconds that one statement of a request may take: less than a stopping process waits for its requests."""
    database_ca: str = ""
    """The file with the CA certificate for the server; `system` means the authorities that the machine trusts."""
    allow_plain_database: bool = False

    @field_validator("database_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # the latter would show what follows an @ and a colon in a password
            url = None
        if url is None or url.drivername != "mysql+asyncmy" or not url.database or url.query or (url.port or 0) > 65535:
            raise ValueError("is not a database URL: mysql+asyncmy://user:password@host/name")
        return value

    @field_validator("database_ca")
    @classmethod
    def _is_there(cls, value: str) -> str:
        try:
            _tls(value)
        except OSError:  # also for a file without a certificate
            raise ValueError(f"is neither a certificate file nor {SYSTEM}") from None
        return value

    def problems(self) -> Iterator[str]:
        url = make_url(self.database_url)
        if not (url.host in LOOPBACK or self.database_ca or self.allow_plain_database):
            yield (
                "DATABASE_URL names another machine, so DATABASE_CA must be set: otherwise anyone on the network path "
                "can read and alter the traffic. Set ALLOW_PLAIN_DATABASE=true only on a trusted network."
            )
        if not _is_own(url):
            yield "DATABASE_URL must have a password, and not a common one."


def _is_own(url: URL) -> bool:
    return bool(url.password) and str(url.password).lower() not in {
        (url.username or "").lower(),
        *("mysql", "mariadb", "password", "changeme", "secret", "admin", "root", "example"),
    }


_AUTOCOMMIT: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
_COUNTERS = 2
"""Connections per worker for counting."""

_DEMOTED = frozenset({1047, 1290, 1792, 1836})
_GIVEN_UP = frozenset({1020, 1213})
"""Errors of a transaction aborted in favour of another: a row had changed (MariaDB, if so configured), deadlock."""


def engines(settings: DatabaseSettings) -> tuple[AsyncEngine, AsyncEngine, AsyncEngine]:
    """Return the engines for writing, reading and counting. They connect with the first query."""
    # READ COMMITTED: a statement sees what others have committed, so that after waiting for a lock it decides on
    # current data (ST-7). By default, the servers show a transaction what was there when it began.
    writing = _engine(settings, pool_size=settings.database_pool_size, isolation_level="READ COMMITTED")
    event.listen(writing.sync_engine, "commit", forbid_another)
    # Its own connections: switching one to AUTOCOMMIT and back takes longer than most queries.
    reading = _engine(settings, pool_size=settings.database_pool_size, **_AUTOCOMMIT)
    # Separate, since counters of one name wait for each other's row: many at once would leave none for reading.
    return writing, reading, _engine(settings, pool_size=_COUNTERS, **_AUTOCOMMIT)


committing = AsyncEngine.connect
"""How to connect for counting: there, each statement is committed by itself."""


def _engine(settings: DatabaseSettings, *, patience: float | None = None, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        settings.database_url,
        max_overflow=0,
        pool_timeout=settings.database_timeout,
        pool_recycle=200,  # seconds: many a firewall forgets, and tells nobody, what was idle for four minutes
        connect_args=_connect_args(settings, settings.database_statement_timeout if patience is None else patience),
        hide_parameters=True,  # errors are logged, and the parameters are users' data (ASVS 16.2.5)
        **options,
    )
    event.listen(engine.sync_engine, "handle_error", _tell_what_to_do)
    return engine


def _connect_args(settings: DatabaseSettings, patience: float) -> dict[str, Any]:
    lock = math.ceil(settings.database_timeout)
    return {
        "charset": "utf8mb4",
        "connect_timeout": lock,
        "async_creator_fn": _connect,
        "init_command": (
            # Whatever the server's default. Text that is too long is an error, never truncated (ST-5); without
            # NO_BACKSLASH_ESCAPES, which would break the driver's quoting (ASVS 1.2.4). A copied 0 stays 0.
            "SET SESSION sql_mode = 'TRADITIONAL,NO_AUTO_VALUE_ON_ZERO',"
            f" innodb_lock_wait_timeout = {lock}, lock_wait_timeout = {lock}"
            # The pool replaces what is idle: a server that is quicker would cost the next request a 503.
            ", wait_timeout = 86400"
            # The first is read by MySQL only, the others by MariaDB only.
            f" /*!80000 , max_execution_time = {math.ceil(patience * 1000)} */"
            f" /*M!100100 , max_statement_time = {patience} */"
            # A worker that hangs inside a transaction must not keep its locks. MySQL has no such limit.
            f" /*M!100300 , idle_transaction_timeout = {math.ceil(patience)} */"
            # On, the default since 11.6.2, it fails whoever waited for a row: parallel refreshes would be 503 (ST-7).
            " /*M!110602 , innodb_snapshot_isolation = OFF */"
        ),
        # A server that has not stopped the statement by then is gone.
        "read_timeout": patience + lock if patience else None,
        "ssl": _tls(settings.database_ca),
    }


async def _connect(**arguments: Any) -> Connection:
    # By itself the driver waits this long for the socket only, and forever for a server that accepts but never greets.
    # One that hangs up at once is a RuntimeError of the event loop.
    try:
        async with asyncio.timeout(arguments["connect_timeout"]):
            # As bytes: the driver would write it in Latin-1.
            return await connect(**arguments | {"password": arguments.get("password", "").encode()})
    except (TimeoutError, RuntimeError):
        raise OperationalError(CR_SERVER_LOST, "The server does not greet") from None


def _tls(authority: str) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=None if authority == SYSTEM else authority) if authority else None


def _tell_what_to_do(context: ExceptionContext) -> None:
    code = next(iter(getattr(context.original_exception, "args", ())), None)
    # A server that has become a replica, or a Galera node that has lost its cluster: the next connection finds the one
    # that took over. These would stay here.
    context.is_disconnect |= code in _DEMOTED
    if may_try_again() and code in _GIVEN_UP:
        raise GivenUp from context.original_exception


def upsert(into: Table, row: Mapping[str, Any], changes: Mapping[str, Any], *, key: Iterable[str]) -> Insert:
    """Return a statement that inserts a row or, if one has its key, changes that one, atomically.

    The changes are made one after the other: each sees the ones before it. MySQL finds the key by itself.
    """
    return insert(into).values(row).on_duplicate_key_update(list(changes.items()))


def counting(into: Table, row: Mapping[str, Any], changes: Mapping[str, Any], *, key: Iterable[str]) -> Executable:
    """Return an upsert whose result tells `count_of` what the column `count` holds afterwards.

    MySQL cannot return a row, but reports what LAST_INSERT_ID was given; that is unsigned, so no count is below zero.
    """
    told = {each["count"]: func.last_insert_id(each["count"]) for each in (row, changes)}
    return upsert(into, {**row, "count": told[row["count"]]}, {**changes, "count": told[changes["count"]]}, key=key)


def count_of(result: CursorResult[Any]) -> int:
    """Return the count from the result of a `counting` statement."""
    return int(result.lastrowid)


def numbered_on(table: Table) -> Executable | None:
    """Return a statement that makes new ids continue after copied ones; None, since MySQL does so by itself."""
    return None


@asynccontextmanager
async def migrating(settings: DatabaseSettings) -> AsyncGenerator[AsyncConnection]:
    """Open a connection for migrations. Each is committed by itself; one that fails halfway leaves its first half.

    They have no time limit, but wait for a lock no longer than requests do, which queue up behind them.
    """
    engine = _engine(settings, patience=0)
    try:
        async with engine.connect() as connection:
            await _wait_for_other_migrations(connection)
            yield connection
            await connection.commit()
    finally:
        await engine.dispose()


async def _wait_for_other_migrations(connection: AsyncConnection) -> None:
    # Two releases at once would both create what is missing, and stop halfway. The lock ends with the connection.
    if not await connection.scalar(text("SELECT GET_LOCK(SHA2(DATABASE(), 256), @@lock_wait_timeout)")):
        await connection.execute(text("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Another migration is under way'"))
    await connection.commit()
