"""Servers for the checks of projects, and a database of its own for each check that needs one."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex

import yaml

from . import servers
from .combinations import COMBINATIONS, ROOT
from .commands import run

VARIABLES = {"postgresql": "TEST_POSTGRESQL_URL", "mysql": "TEST_MYSQL_URL", "redis": "TEST_REDIS_URL"}
"""What names a server to use, as an address of SQLAlchemy's with a database that is there from the start."""

EXECUTE = """
import asyncio, sys
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

async def execute(address, statement):
    engine = create_async_engine(address, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()

asyncio.run(execute(*sys.argv[1:]))
"""


@contextmanager
def provided() -> Iterator[None]:
    """Start a server of our own for each that is needed and no variable names; name it to this and child processes.

    One whose program is not installed stays without a name. Told to end, this process ends them too.
    """
    for told in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(told) is signal.SIG_DFL:  # `nohup` ignores it
            signal.signal(told, signal.default_int_handler)
    needed = {each.database for each in COMBINATIONS} | {"redis" for each in COMBINATIONS if each.redis}
    missing = [kind for kind, variable in VARIABLES.items() if kind in needed and variable not in os.environ]
    with ExitStack() as stack, ThreadPoolExecutor() as threads:
        list(threads.map(lambda kind: _provide(kind, stack), missing))
        yield


def _provide(kind: str, stack: ExitStack) -> None:
    with suppress(servers.MissingProgramError):
        server = stack.enter_context(servers.throw_away(kind))
        stack.callback(os.environ.pop, VARIABLES[kind])
        os.environ[VARIABLES[kind]] = server.first_database


def server(kind: str) -> str:
    """Return the address of a server. Raises MissingProgramError, which says what to install."""
    address = os.environ.get(VARIABLES[kind])
    if address is None:
        raise servers.MissingProgramError(f"{VARIABLES[kind]} names no server. {servers.advice(kind)}")
    return address


def answers_of(project: Path) -> tuple[str, bool]:
    """Return which database a rendered project was made for, and whether for Redis."""
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    return answers["database"], answers["redis"]


def tests_of(project: Path) -> dict[str, str]:
    """Return what tells a project's own tests where its servers are. Raises MissingProgramError."""
    database, redis = answers_of(project)
    variables = {} if database == "sqlite" else {"TEST_DATABASE_URL": server(database)}
    return variables | ({"TEST_REDIS_URL": server("redis")} if redis else {})


@contextmanager
def new_database(kind: str) -> Iterator[str]:
    """Make a database at a server, and take it away at the end; yield its address."""
    name, address = f"check_{token_hex(8)}", server(kind)
    execute(address, f"CREATE DATABASE {name}")
    try:
        yield f"{address.rpartition('/')[0]}/{name}"
    finally:
        execute(address, f"DROP DATABASE {name}")


@contextmanager
def settings_for(project: Path) -> Iterator[dict[str, str]]:
    """Yield the settings of a database for this project alone; none for SQLite, whose file is in the project."""
    database, _ = answers_of(project)
    if database == "sqlite":
        yield {}
        return
    with new_database(database) as address:
        yield {"DATABASE_URL": address}


def execute(address: str, statement: str) -> None:
    """Execute a statement at a server, outside of a transaction. Raises RuntimeError."""
    result = run(ROOT, "python", "-c", EXECUTE, address, statement)
    if result.returncode:
        raise RuntimeError(result.stdout)
