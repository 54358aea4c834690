"""Move to another database: copy everything from the old one into the new one, which must be migrated and empty."""

from collections.abc import AsyncIterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, URL, Column, ForeignKey, Row, Table, event, exists, insert, null, select, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncResult, create_async_engine

from .db import Base, Database, Exact, numbered_on

ROWS_AT_ONCE = 1000

_PACKAGES = {"sqlite+aiosqlite": "aiosqlite", "postgresql+psycopg": "'psycopg[binary]'", "mysql+asyncmy": "asyncmy"}
"""What to install, by the scheme of the URL. Not the module's name: anybody could register a package called that."""


class CannotCopy(Exception):
    """Nothing was copied; the message says why, for the operator."""


async def copy_everything(address: str, database: Database) -> int:
    """Copy every row from the database at a URL, all or none; return how many. Raises CannotCopy."""
    source = _engine(address)
    try:
        await _reach(source)
        async with source.connect() as old, database.engine.begin() as new:
            await _compare(old, new)
            return sum([await _copy(old, new, table) for table in Base.metadata.sorted_tables])
    finally:
        await source.dispose()


def _engine(address: str) -> AsyncEngine:
    try:
        url = _existing(make_url(address))
        engine = create_async_engine(url, hide_parameters=True, connect_args=_connect_args(url))
    except (ArgumentError, ValueError):  # malformed, or a bad port
        raise CannotCopy("This is not a database URL, for instance sqlite+aiosqlite:///app.db") from None
    except ModuleNotFoundError:
        package = _PACKAGES[make_url(address).drivername]
        raise CannotCopy(f"Its driver is missing. Run this again with: uv run --with {package}") from None
    event.listen(engine.sync_engine, "handle_error", _tell_whose)
    return engine


async def _reach(source: AsyncEngine) -> None:
    try:
        async with source.connect():
            pass
    except (TypeError, ValueError, OSError, OverflowError) as error:  # a driver's, about an option in the URL
        raise CannotCopy(f"The source database cannot be opened: {error}.") from None


def _existing(url: URL) -> URL:
    if url.drivername not in _PACKAGES:
        raise ArgumentError
    # SQLite would create an empty file for a mistyped name.
    if url.get_backend_name() != "sqlite" or not url.database or "uri" in url.query:
        return url
    there = {"mode": "rw", "uri": "true"}
    return url.set(database=Path(url.database).absolute().as_uri()).update_query_dict(there)


def _connect_args(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "postgresql":
        return {"client_encoding": "utf8"}  # whatever the role's default
    if url.get_backend_name() == "mysql" and url.password:
        return {"password": url.password.encode()}  # the driver would write text in Latin-1
    return {}


def _tell_whose(context: ExceptionContext) -> None:
    if isinstance(context.original_exception, Exception):  # not Ctrl-C or a cancellation
        reason = str(context.original_exception).partition("\n")[0]
        raise CannotCopy(f"Error in the source database: {reason}.")


async def _compare(old: AsyncConnection, new: AsyncConnection) -> None:
    version = text("SELECT version_num FROM alembic_version")
    if (await old.scalars(version)).all() != (await new.scalars(version)).all():
        raise CannotCopy("They are not at the same migration. Migrate the old one at the commit before the switch.")
    for table in Base.metadata.sorted_tables:
        if await new.scalar(select(exists().select_from(table))):
            raise CannotCopy(f"The table {table.name} is not empty.")


async def _copy(old: AsyncConnection, new: AsyncConnection, table: Table) -> int:
    count, jsons = 0, [column for column in table.columns if isinstance(column.type, JSON)]
    # Read, NULL and the `null` of JSON are both None.
    async with old.stream(select(table, *(column.is_(null()) for column in jsons))) as rows:
        async for some in _portions(table, rows):
            await new.execute(insert(table), [_values(table, row) | _nulls(jsons, row) for row in some])
            count += len(some)
    if (statement := numbered_on(table)) is not None:
        await new.execute(statement)
    return count


async def _portions(table: Table, rows: AsyncResult[Any]) -> AsyncIterator[Sequence[Row[Any]]]:
    references = [key for key in table.foreign_keys if key.column.table is table]
    if references:
        # An INSERT without rows would be one of a row's defaults.
        if found := await rows.all():
            yield _referred_first(table.name, found, references)
    else:
        async for some in rows.partitions(ROWS_AT_ONCE):
            yield some


def _referred_first(name: str, rows: Sequence[Row[Any]], references: Sequence[ForeignKey]) -> Sequence[Row[Any]]:
    """Sort the rows of a table that refers to itself: a database refuses a row inserted before the one it refers to."""
    where = {(key.column, row._mapping[key.column]): place for place, row in enumerate(rows) for key in references}
    needed = {
        place: {where.get((key.column, row._mapping[key.parent]), place) for key in references} - {place}
        for place, row in enumerate(rows)
    }
    try:
        return [rows[place] for place in TopologicalSorter(needed).static_order()]
    except CycleError:
        raise CannotCopy(f"Rows of the table {name} refer to each other in a circle.") from None


def _values(table: Table, row: Row[Any]) -> dict[str, Any]:
    values = zip(table.columns, row[: len(table.columns)], strict=True)
    return {column.name: _value(column, value) for column, value in values if column.computed is None}


def _nulls(jsons: Sequence[Column[Any]], row: Row[Any]) -> dict[str, Any]:
    are_null = row[len(row) - len(jsons) :]
    return {column.name: null() for column, is_null in zip(jsons, are_null, strict=True) if is_null}


def _value(column: Column[Any], value: Any) -> Any:
    # MySQL stores `Exact` text as bytes.
    return value.decode() if isinstance(value, bytes) and isinstance(column.type, Exact) else value
