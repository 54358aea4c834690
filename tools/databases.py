"""A database of its own for each check of a project that names a server."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import yaml

SERVERS = {
    "postgresql": "postgresql+psycopg://postgres:postgres@127.0.0.1:5432/postgres",
    "mysql": "mysql+asyncmy://root@127.0.0.1:3306/mysql",
}
"""Where `docker compose up -d` puts them. The name at the end is there from the start."""

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


def kind_of(project: Path) -> str:
    """Return which database a rendered project was made for."""
    kind: str = yaml.safe_load((project / ".copier-answers.yml").read_text())["database"]
    return kind


@contextmanager
def new_database(kind: str, python: Path) -> Iterator[str]:
    """Make a database at the server, and take it away at the end; yield its address. `python` has the drivers."""
    name, server = f"check_{token_hex(8)}", SERVERS[kind]
    execute(python, server, f"CREATE DATABASE {name}")
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        execute(python, server, f"DROP DATABASE {name}")


@contextmanager
def settings_for(project: Path, python: Path) -> Iterator[dict[str, str]]:
    """Yield the settings of a database for this project alone; none for SQLite, whose file is in the project."""
    kind = kind_of(project)
    if kind not in SERVERS:
        yield {}
        return
    with new_database(kind, python) as address:
        yield {"DATABASE_URL": address}


def execute(python: Path, address: str, statement: str) -> None:
    """Execute a statement at a server, outside of a transaction. `python` has the drivers."""
    subprocess.run([python, "-c", EXECUTE, address, statement], check=True, timeout=60)
