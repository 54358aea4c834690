"""Counters in Redis, as a storage of the `limits` library."""

from limits.aio.storage import Storage

from ..clock import now
from ..db import Database
from ..errors import Unavailable
from ..redis_client import CLEANED_UP_AFTER, client_of

# The window is ours, by our clock. Counting and the key's end are one script: no counter lives for ever (ST-9).
_COUNT = """
local now, ends, amount, milliseconds = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local running = redis.call('HGET', KEYS[1], 'ends')
if not running or tonumber(running) <= tonumber(now) then
    redis.call('HSET', KEYS[1], 'count', 0, 'ends', ends)
    redis.call('PEXPIRE', KEYS[1], milliseconds)
end
-- What is taken back after its window has ended would be one more in the next.
local count = math.max(redis.call('HGET', KEYS[1], 'count') + amount, 0)
if count > 0 then redis.call('HSET', KEYS[1], 'count', count) else redis.call('DEL', KEYS[1]) end
return count
"""
_READ = "return redis.call('HMGET', KEYS[1], 'count', 'ends')"


class SharedStorage(Storage):
    """Fixed windows. Counting is one script: of limit+10 parallel requests, exactly the limit passes (ST-9)."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._client = client_of(database)

    @property
    def base_exceptions(self) -> type[Exception]:
        return Unavailable

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, opening a new window when there is none or it has passed; return the window's count."""
        start, life = _milliseconds(), expiry * 1000
        arguments = (start, start + life, amount, life + CLEANED_UP_AFTER)
        return int(await self._client.run(_COUNT, [self._key(key)], *arguments))

    async def get(self, key: str) -> int:
        """Return the count of the running window."""
        count, ends = await self._read(key)
        return count if ends > _milliseconds() else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since the epoch."""
        _, ends = await self._read(key)
        return (ends or _milliseconds()) / 1000

    async def check(self) -> bool:
        """Return whether the store answers."""
        await self.get("")
        return True

    async def reset(self) -> int | None:
        """Forget every counter; return how many there were."""
        return await self._client.delete_all("limit")

    async def clear(self, key: str) -> None:
        """Forget one counter."""
        await self._client.delete(self._key(key))

    async def _read(self, key: str) -> tuple[int, int]:
        count, ends = await self._client.run(_READ, [self._key(key)])
        return int(count or 0), int(ends or 0)

    def _key(self, key: str) -> str:
        return self._client.key("limit", key)


def _milliseconds() -> int:
    return int(now().timestamp() * 1000)
