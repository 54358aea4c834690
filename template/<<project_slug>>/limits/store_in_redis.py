"""Counters in Redis. The `limits` library only reads the notation: its own counters use Redis's clock.

Windows are fixed. Counting is one script, so that of limit+10 parallel requests exactly the limit passes (ST-9).
"""

from datetime import UTC, datetime

from ..clock import now
from ..db import Database
from ..redis_client import CLEANED_UP_AFTER, client_of

# Windows follow our clock. One script counts and sets the key's expiry: no counter lives for ever (ST-9).
_COUNT = """
local now, ends, amount, milliseconds = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local running = redis.call('HGET', KEYS[1], 'ends')
if not running or tonumber(running) <= tonumber(now) then
    redis.call('HSET', KEYS[1], 'count', 0, 'ends', ends)
    redis.call('PEXPIRE', KEYS[1], milliseconds)
end
-- Otherwise a use taken back after its window has ended would allow one more in the next window.
local count = math.max(redis.call('HGET', KEYS[1], 'count') + amount, 0)
if count > 0 then redis.call('HSET', KEYS[1], 'count', count) else redis.call('DEL', KEYS[1]) end
return count
"""
_READ = "return redis.call('HMGET', KEYS[1], 'count', 'ends')"


async def count(database: Database, key: str, seconds: int, amount: int = 1) -> int:
    """Add `amount`, opening a window of `seconds` unless one is running; return the window's count."""
    client, start, life = client_of(database), int(now().timestamp() * 1000), seconds * 1000
    return int(
        await client.run(_COUNT, [client.key("limit", key)], start, start + life, amount, life + CLEANED_UP_AFTER)
    )


async def read(database: Database, key: str) -> tuple[int, datetime]:
    """Return the count and the end of the running window; 0 and now if there is none."""
    client = client_of(database)
    found, milliseconds = await client.run(_READ, [client.key("limit", key)])
    ends = datetime.fromtimestamp(int(milliseconds or 0) / 1000, UTC)
    return (int(found), ends) if ends > now() else (0, now())
