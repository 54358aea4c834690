"""Delete what has expired, regularly in every process and by the command `purge` (ASVS 14.2.7).

In small transactions, so that no other write waits long. Two purges at once do no harm: one waits for the other's
transaction.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from secrets import SystemRandom
from typing import Any

from fastapi import FastAPI
from pydantic import Field
from sqlalchemy import ColumnElement, Select, Table, delete, select, tuple_
from sqlalchemy.exc import DBAPIError, OperationalError

from .clock import now
from .db import Base, Database
from .settings import Settings

log = logging.getLogger(__name__)

BATCH = 500
"""Rows deleted in one transaction, at most."""


class PurgeSettings(Settings):
    """How often to purge. Expired rows are never used again; they only take up space and hold personal data."""

    purge_minutes: float = Field(default=60, ge=0, le=525_600)
    """Minutes between two purges, on average. 0 means never: then run the command `purge` daily."""


async def purge_expired(database: Database) -> int:
    """Delete what has expired, in every table with a column that is `PURGED`, and return how many rows.

    Rows go before those they refer to. Raises the first table's error, after the others have been purged.
    """
    deleted, failures = 0, []
    ends = [column for table in reversed(Base.metadata.sorted_tables) for column in table.c if "purged" in column.info]
    for column in ends:
        try:
            deleted += await delete_rows(database, column.table, column <= now())
        except DBAPIError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return deleted


async def delete_rows(database: Database, table: Table, condition: ColumnElement[bool]) -> int:
    """Delete the rows that meet a condition, in as many transactions as it takes, and return how many they were."""
    # Locked, since a counter may begin anew before it is deleted. Here, where two find the same row first: deleting by
    # key, MySQL may read a small table from end to end, and two that have different rows would deadlock.
    found = select(*table.primary_key.columns).where(condition).limit(BATCH).with_for_update()
    deleted = 0
    while True:
        try:
            more = await _delete_found(database, table, found)
        except OperationalError:
            # MySQL deletes what refers to an account in an order of its own, and ends one of two that deadlock. The
            # other one is let past: it would be met again.
            await asyncio.sleep(0.05)
            more = await _delete_found(database, table, found)
        deleted += more
        if more < BATCH:
            return deleted


async def _delete_found(database: Database, table: Table, found: Select[Any]) -> int:
    async with database.engine.begin() as connection:
        keys = (await connection.execute(found)).all()
        # By key: MySQL allows no LIMIT in a subquery.
        await connection.execute(delete(table).where(tuple_(*table.primary_key.columns).in_(keys)))
    return len(keys)


async def _purge_now_and_then(database: Database, minutes: float) -> None:
    while True:
        # At random, so that processes that started together do not all purge at once; from 0, so that one that never
        # lives long purges, too.
        await asyncio.sleep(minutes * 60 * SystemRandom().uniform(0, 2))
        try:
            await purge_expired(database)
        except Exception as error:
            log.warning("purge_failed", extra={"error": type(error).__name__})


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Purge while the app runs. A purge in progress at shutdown is rolled back."""
    minutes = PurgeSettings.get().purge_minutes
    if not minutes:
        yield
        return
    task = asyncio.create_task(_purge_now_and_then(app.state.database, minutes))
    try:
        yield
    finally:
        while not task.done():
            # Repeatedly: an interrupted driver may raise its own error in place of the cancellation.
            task.cancel()
            await asyncio.wait([task], timeout=0.1)
