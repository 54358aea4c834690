"""Attempts that are counted before it is known what they are, and taken back when they turn out to be none."""

from ...db import Database
from ...limits.service import limiter_of
from ...limits.settings import limit_called


async def uncount(database: Database, name: str, *who: str) -> None:
    """Take one use of `limit_<name>` back that turned out to be none."""
    item = limit_called(name)
    await limiter_of(database).storage.incr(item.key_for(name, *who), item.get_expiry(), -1)


async def forget(database: Database, name: str, *who: str) -> None:
    """Start the count of `limit_<name>` anew, for instance after a success."""
    await limiter_of(database).clear(limit_called(name), name, *who)
