"""Counters in the database. The `limits` library only reads the notation: it cannot count in a database.

Windows are fixed. Counting is one statement, so that of limit+10 parallel requests exactly the limit passes (ST-9), in
a transaction of its own: the count stays when the request fails.
"""

from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam, case, select
from sqlalchemy.sql import ColumnElement

from ..clock import now
from ..db import NOW, Database, Digest, UtcDateTime, count_of, counting, table_of
from ..digests import digest
from .models import RateLimit

_KEY, _AMOUNT = bindparam("digest", type_=Digest), bindparam("amount", type_=Integer)
_ENDS = bindparam("ends", type_=UtcDateTime())
_IS_OVER = RateLimit.expires_at <= NOW


def _at_least_none(count: ColumnElement[int]) -> ColumnElement[int]:
    # Otherwise a use taken back after its window has ended would allow one more in the next window.
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


async def count(database: Database, key: str, seconds: int, amount: int = 1) -> int:
    """Add `amount`, opening a window of `seconds` unless one is running; return the window's count."""
    start = now()
    parameters = {"digest": digest(key), "amount": amount, "now": start, "ends": start + timedelta(seconds=seconds)}
    async with database.committing() as connection:
        return count_of(await connection.execute(_COUNT, parameters))


async def read(database: Database, key: str) -> tuple[int, datetime]:
    """Return the count and the end of the running window; 0 and now if there is none."""
    is_running = (RateLimit.key == digest(key), RateLimit.expires_at > now())
    async with database.autocommit.connect() as connection:
        found = (await connection.execute(select(RateLimit.count, RateLimit.expires_at).where(*is_running))).first()
    return found or (0, now())
