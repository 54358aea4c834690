"""Delete what has expired: every process by itself as it runs, and the command `purge` (ASVS 14.2.7).

In small transactions, so that nobody's write waits long for it. Two at once do no harm: what one of them has deleted,
the other does not find.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from secrets import SystemRandom

from fastapi import FastAPI
from pydantic import Field
from sqlalchemy import Table, delete, select, tuple_

from .clock import now
from .db import Base, Database
from .settings import Settings

log = logging.getLogger(__name__)

BATCH = 500
"""Rows deleted in one transaction, at most."""


class PurgeSettings(Settings):
    """How often. Nothing that has expired is of any use while it waits; it only takes room, and tells of people."""

    purge_minutes: float = Field(default=60, ge=0)
    """Minutes between two purges, give or take a half. 0 is never: then run the command `purge` daily."""


async def purge_expired(database: Database) -> int:
    """Delete what has expired, in every table with `expires_at`, and return how many rows."""
    tables = [table for table in Base.metadata.sorted_tables if "expires_at" in table.c]
    return sum([await _purge(database, table) for table in tables])


async def _purge(database: Database, table: Table) -> int:
    key = table.primary_key.columns
    expired, deleted = table.c.expires_at <= now(), 0
    while True:
        async with database.engine.begin() as connection:
            keys = (await connection.execute(select(*key).where(expired).limit(BATCH))).all()
            # By key, since MySQL limits no subquery; and still expired, since a counter may have begun anew meanwhile.
            deleted += (await connection.execute(delete(table).where(tuple_(*key).in_(keys), expired))).rowcount
        if len(keys) < BATCH:
            return deleted


async def _purge_now_and_then(database: Database, minutes: float) -> None:
    while True:
        # Out of step, so that processes that started together do not all come at once.
        await asyncio.sleep(minutes * 60 * SystemRandom().uniform(0.5, 1.5))
        try:
            await purge_expired(database)
        except Exception as error:
            log.warning("purge_failed", extra={"error": type(error).__name__})


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Purge during the app's life. What is under way at its end is rolled back."""
    minutes = PurgeSettings.get().purge_minutes
    if not minutes:
        yield
        return
    task = asyncio.create_task(_purge_now_and_then(app.state.database, minutes))
    try:
        yield
    finally:
        while not task.done():
            # Again and again: a driver that is interrupted may raise its own error in place of the cancellation.
            task.cancel()
            await asyncio.wait([task], timeout=0.1)
