"""Counters in the database, as a storage of the `limits` library (which has none for SQL)."""

import hashlib
from datetime import timedelta

from limits.aio.storage import Storage
from sqlalchemy import Integer, bindparam, case, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql import ColumnElement

from ..clock import now
from ..db import NOW, Database, Digest, UtcDateTime, count_of, counting, table_of
from .models import RateLimit

_KEY, _AMOUNT = bindparam("digest", type_=Digest), bindparam("amount", type_=Integer)
_ENDS = bindparam("ends", type_=UtcDateTime())
_IS_OVER = RateLimit.expires_at <= NOW


def _at_least_none(count: ColumnElement[int]) -> ColumnElement[int]:
    # What is taken back after its window has ended would be one more in the next.
    return case((count < 0, 0), else_=count)


_COUNT = counting(
    table_of(RateLimit),
    {"key": _KEY, "count": _at_least_none(_AMOUNT), "expires_at": _ENDS},
    {
        "count": _at_least_none(case((_IS_OVER, _AMOUNT), else_=RateLimit.count + _AMOUNT)),
        "expires_at": case((_IS_OVER, _ENDS), else_=RateLimit.expires_at),
    },
    key=["key"],
)


class SharedStorage(Storage):
    """Fixed windows. Counting is one statement: of limit+10 parallel requests, exactly the limit passes (ST-9).

    A statement is a transaction of its own here: a count stays when what is counted fails.
    """

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, opening a new window when there is none or it has passed; return the window's count."""
        start = now()
        parameters = {"digest": _digest(key), "amount": amount, "now": start, "ends": start + timedelta(seconds=expiry)}
        async with self._database.counting.connect() as connection:
            return count_of(await connection.execute(_COUNT, parameters))

    async def get(self, key: str) -> int:
        """Return the count of the running window."""
        statement = select(RateLimit.count).where(RateLimit.key == _digest(key), RateLimit.expires_at > now())
        async with self._database.autocommit.connect() as connection:
            return (await connection.execute(statement)).scalar_one_or_none() or 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since the epoch."""
        statement = select(RateLimit.expires_at).where(RateLimit.key == _digest(key))
        async with self._database.autocommit.connect() as connection:
            ends = (await connection.execute(statement)).scalar_one_or_none()
        return (ends or now()).timestamp()

    async def check(self) -> bool:
        """Return whether the store answers."""
        await self.get("")
        return True

    async def reset(self) -> int | None:
        """Forget every counter; return how many there were."""
        return await self._delete(RateLimit.key.is_not(None))

    async def clear(self, key: str) -> None:
        """Forget one counter."""
        await self._delete(RateLimit.key == _digest(key))

    async def _delete(self, condition: ColumnElement[bool]) -> int:
        async with self._database.counting.connect() as connection:
            return (await connection.execute(delete(RateLimit).where(condition))).rowcount


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
