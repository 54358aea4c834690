"""When keys were last used: written in the background, so that requests neither wait for it nor fail with it (AK-8).

Invariant: at most one write is in progress in a process, on a connection that neither a lookup nor a transaction waits
for, and a key is written at most once in `EVERY`. If a crash or an error loses a write, its next use makes up for it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from fastapi import FastAPI
from sqlalchemy import bindparam, or_, update
from sqlalchemy.exc import SQLAlchemyError

from ...audit.events import Event, log_event
from ...clock import now
from ...db import NOW, Database, UtcDateTime
from .models import ApiKey

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
"""How precise the time is. A shorter interval means more writes."""

_IS_DUE = or_(
    ApiKey.last_used_at.is_(None),
    ApiKey.last_used_at <= bindparam("before", type_=UtcDateTime()),
    ApiKey.last_used_at > NOW,  # by a clock that ran ahead
)
_WRITE = update(ApiKey).where(ApiKey.id.in_(bindparam("ids", expanding=True)), _IS_DUE).values(last_used_at=NOW)


class LastUse:
    """Keys whose last use is due to be written. Belongs to one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def note(self, key_id: str, known: datetime | None) -> None:
        """Note that the key is used now, and return at once; `known` is the last use in the database."""
        if known is None or abs(now() - known) >= EVERY:
            if key_id not in self._used:
                log_event(Event.KEY_USED, key=key_id)
            self._used.add(key_id)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._run())

    async def written(self) -> None:
        """Return when nothing is left to write."""
        if self._task and not self._task.done():
            await self._task

    async def _run(self) -> None:
        while self._used:
            used = frozenset(self._used)
            try:
                await self._write(sorted(used))
            finally:
                self._used -= used

    async def _write(self, ids: Sequence[str]) -> None:
        moment = now()
        try:
            async with self._database.committing() as connection:
                await connection.execute(_WRITE, {"ids": ids, "now": moment, "before": moment - EVERY})
        except SQLAlchemyError as error:
            log.warning("last_use_not_written", extra={"error": type(error).__name__})


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Write what is due before the database closes."""
    try:
        yield
    finally:
        database: Database = app.state.database
        await database.part(LastUse).written()
