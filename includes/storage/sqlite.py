"""The test database: a SQLite file, copied afresh for each test."""

import shutil
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import chdir, closing, contextmanager
from pathlib import Path
from typing import Any

import aiosqlite.core
import pytest
from alembic import command
from alembic.config import Config

from <<project_slug>>.settings import Settings

from .surroundings import CONFIG

FIT = {"ALLOW_SQLITE_IN_PRODUCTION": "true"}
"""What production needs in addition to the settings of `storage`."""
UNFIT = [
    ("DATABASE_URL", ["", "app.db", "sqlite:///app.db", "sqlite+aiosqlite://", "postgresql+psycopg://localhost/app"]),
    ("ALLOW_SQLITE_IN_PRODUCTION", ["false", "perhaps"]),
]
"""What production refuses."""
UNSAFE = {"ALLOW_SQLITE_IN_PRODUCTION": "false"}
"""Valid settings that production refuses."""
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT count(*) FROM n"


@contextmanager
def threads_that_stay() -> Iterator[None]:
    """While coverage traces threads, keep those of connections alive until the process ends.

    Each then has a greenlet, which the main thread must destroy: CPython 3.11 can loop for ever over that when several
    end at once.
    """
    work = aiosqlite.core._connection_worker_thread

    def work_and_stay(queue: Any) -> None:
        work(queue)
        threading.Event().wait()

    with pytest.MonkeyPatch.context() as patch:
        if threading.gettrace():
            patch.setattr(aiosqlite.core, "_connection_worker_thread", work_and_stay)
        yield


@pytest.fixture(scope="session")
def storage() -> Iterator[dict[str, str]]:
    """Yield the settings with which the app finds its database."""
    with threads_that_stay():
        yield {"DATABASE_URL": "sqlite+aiosqlite:///app.db"}


@pytest.fixture(scope="session")
def migrated(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database at the newest migration, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    with chdir(folder):
        command.upgrade(Config(toml_file=CONFIG), "head")
    return folder


@pytest.fixture(scope="session")
def start_afresh(migrated: Path) -> Callable[[], None]:
    """Return a function that gives a test its database, in the folder that it runs in."""
    return lambda: database_for(Path(), migrated)


def database_for(folder: Path, migrated: Path) -> None:
    """Put a database in a folder, for an app that is started there."""
    shutil.copyfile(migrated / "app.db", folder / "app.db")


def address_in(folder: Path) -> str:
    """Return the address of that database."""
    return f"sqlite+aiosqlite:///{folder / 'app.db'}"


@pytest.fixture
def empty_database(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without tables, where the app looks for it by default."""
    Path("app.db").unlink()
    monkeypatch.delenv("DATABASE_URL")
    Settings.forget()


@pytest.fixture
def another_database(workplace: Path, migrated: Path) -> str:
    """The address of a database at the newest migration, other than the app's."""
    shutil.copyfile(migrated / "app.db", workplace / "another.db")
    return "sqlite+aiosqlite:///another.db"


@pytest.fixture
async def nowhere() -> AsyncGenerator[str]:
    """The address of a database that does not answer. Request it before the app, whose connections end first."""
    yield "sqlite+aiosqlite:///no/such/folder/app.db"
    # The threads of connections that could not be opened report to the event loop of the test.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join(timeout=5)


def tables() -> set[str]:
    """Return the names of all tables."""
    with closing(sqlite3.connect("app.db")) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def run(statement: str) -> None:
    """Execute a statement, outside the app."""
    with closing(sqlite3.connect("app.db", isolation_level=None)) as database:
        database.execute(statement)


def count(table: str) -> int:
    """Return how many rows a table has."""
    with closing(sqlite3.connect("app.db")) as database:
        return int(database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608 - named by a test


def database_bytes() -> bytes:
    """Return everything the test's database has written."""
    return b"".join(path.read_bytes() for path in sorted(Path().glob("app.db*")))


@contextmanager
def locked() -> Iterator[Callable[[], None]]:
    """Block all writes until the end of the block, or until the yielded function is called."""
    with closing(sqlite3.connect("app.db", isolation_level=None, timeout=0)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        yield rival.rollback
