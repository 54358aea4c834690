"""Failed sign-ins in a row, by account and from anywhere (NIST 800-63B-4, 3.2.2).

In the database, wherever the other limits are counted: each stays for a month and anybody may add one for any address,
so in memory they would push out what every sign-in needs.
"""

from ...db import Database
from ...limits.settings import limit_called
from ...limits.store import SharedStorage

_LIMIT = "login_failures"


async def count(database: Database, key: str) -> int:
    """Count one, opening a window when none is running; return how many there are now."""
    item = limit_called(_LIMIT)
    return await database.part(SharedStorage).incr(item.key_for(_LIMIT, key), item.get_expiry())


async def so_far(database: Database, key: str) -> int:
    """Return how many there are in the running window."""
    return await database.part(SharedStorage).get(limit_called(_LIMIT).key_for(_LIMIT, key))


async def forget(database: Database, key: str) -> None:
    """Start anew, for instance after a success."""
    await database.part(SharedStorage).clear(limit_called(_LIMIT).key_for(_LIMIT, key))
