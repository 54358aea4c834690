"""Joined lookups: concurrent requests share one query.

What a request costs is one round trip with all of the driver's Python, not the row. While a query is in progress, the
keys that arrive wait together and become the next query. Invariant: the query that answers a key is sent after the
key arrived, so nothing stale is ever returned, and every key is answered with a value, with None or with the error.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import Context
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import Executable, Row

from ..clock import now
from ..db import Database

K = TypeVar("K")
V = TypeVar("V")

MOST = 64
"""Keys in one query. More wait for the next."""
SIZES = (1, 4, 16, MOST)
"""How many keys a statement has: the last one is repeated, so that these are all the statements there are to cache."""

Fetch = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]


class JoinedLookup(Generic[K, V]):
    """Look keys up, many at a time. Lives on one event loop."""

    def __init__(self, fetch: Fetch[K, V]) -> None:
        self._fetch = fetch
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """Return the value as it is in the database after this call; None when there is none."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None or self._task.done():
            # In a context of its own: the query is everybody's, so it has no request's id and no request's second try.
            self._task = asyncio.create_task(self._run(), context=Context())
        # Shielded: a client that hangs up cancels its own wait, not the others'.
        return await asyncio.shield(future)

    async def _run(self) -> None:
        while self._waiting:
            await self._answer()

    async def _answer(self) -> None:
        asked: dict[K, asyncio.Future[V | None]] = {}
        try:
            await asyncio.sleep(0)  # requests that have reached this process but not this class join in
            asked = {key: self._waiting.pop(key) for key in list(islice(self._waiting, MOST))}
            found = await self._fetch(list(asked))
        except BaseException as error:
            # Keys that arrived in the meantime fail too: behind a database that stalls, each query would wait for its
            # timeout in turn, and the last key for all of them.
            for future in (*asked.values(), *self._waiting.values()):
                future.set_exception(error)
                future.exception()  # marks it as retrieved: its waiter may have hung up
            self._waiting.clear()
            if not isinstance(error, Exception):
                raise
        else:
            for key, future in asked.items():
                future.set_result(found.get(key))


def row_query(database: Database, statement: Executable, key: str) -> Fetch[Any, Row[Any]]:
    """Return a query of what `statement` finds for `keys`, at most MOST, by the column `key`; it may also use NOW."""

    # Core, and no transaction: the ORM costs several times as much as the query.
    async def fetch(keys: Sequence[Any]) -> Mapping[Any, Row[Any]]:
        async with database.autocommit.connect() as connection:
            rows: Iterable[Row[Any]] = await connection.execute(statement, {"keys": _padded(keys), "now": now()})
            return {getattr(row, key): row for row in rows}

    return fetch


def _padded(keys: Sequence[K]) -> list[K]:
    size = next(size for size in SIZES if size >= len(keys))
    return list(keys) + [keys[-1]] * (size - len(keys))
