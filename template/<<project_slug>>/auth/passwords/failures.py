"""Failed logins in a row, by account and from anywhere (NIST 800-63B-4, 3.2.2).

In the database, wherever the other limits are counted: each is kept for a month and anybody can add one for any e-mail
address, so in memory they would push out what every login needs.
"""

from ...db import Database
from ...limits.settings import limit_called
from ...limits.store import SharedStorage

_LIMIT = "login_failures"


async def count(database: Database, key: str) -> int:
    """Count one, starting a window if there is none; return how many there are now."""
    item = limit_called(_LIMIT)
    return await database.part(SharedStorage).incr(item.key_for(_LIMIT, key), item.get_expiry())


async def so_far(database: Database, key: str) -> int:
    """Return how many there are in the current window."""
    return await database.part(SharedStorage).get(limit_called(_LIMIT).key_for(_LIMIT, key))


async def forget(database: Database, key: str) -> None:
    """Start over, for instance after a success."""
    await database.part(SharedStorage).clear(limit_called(_LIMIT).key_for(_LIMIT, key))
