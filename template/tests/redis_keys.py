"""The Redis of the tests: each run has a prefix of its own there and leaves nothing behind."""

import os
from collections.abc import Iterator
from secrets import token_hex
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import RedisError

URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
REDIS = {
    # A server without a password takes any from its default user; production wants one in the address.
    "REDIS_URL": URL if urlsplit(URL).password else URL.replace("://", "://default:any@"),
    "REDIS_PREFIX": f"test-{token_hex(8)}:",
}


class Keys:
    """All that the app keeps in Redis."""

    def __init__(self) -> None:
        self.redis = Redis.from_url(REDIS["REDIS_URL"], socket_timeout=5, protocol=2)

    def names(self, kind: str = "") -> list[bytes]:
        """Return the keys, or those of one kind."""
        return sorted(self.redis.scan_iter(f"{REDIS['REDIS_PREFIX']}{kind}*", count=1000))

    def dump(self) -> dict[bytes, object]:
        """Return keys and values."""
        return {key: self._value(key) for key in self.names()}

    def _value(self, key: bytes) -> object:
        return self.redis.hgetall(key) if self.redis.type(key) == b"hash" else self.redis.get(key)

    def seconds(self) -> list[float]:
        """Return for how long each key will be there; a negative number means forever."""
        return [self.redis.pttl(key) / 1000 for key in self.names()]

    def snapshot(self) -> dict[bytes, bytes]:
        """Return what `restore` brings back."""
        return {key: self.redis.dump(key) or b"" for key in self.names()}

    def restore(self, snapshot: dict[bytes, bytes]) -> None:
        """Bring an earlier state back, as a server does that was away."""
        self.clear()
        for key, value in snapshot.items():
            self.redis.restore(key, 600_000, value)

    def clear(self) -> None:
        """Forget everything, as a server does that kept nothing."""
        if found := self.names():
            self.redis.delete(*found)


@pytest.fixture(scope="session")
def redis_of_this_run() -> Iterator[Keys]:
    """The server's answer to whether it is there, and an empty place on it at the end."""
    keys = Keys()
    try:
        keys.redis.ping()
    except RedisError as error:
        start = "docker compose -f compose.dev.yaml up -d --wait redis"
        pytest.exit(f"There is no Redis at TEST_REDIS_URL ({error}). Start one: {start}", 2)
    yield keys
    keys.clear()
    keys.redis.close()


@pytest.fixture(autouse=True)
def keys(redis_of_this_run: Keys) -> Keys:
    """Begin each test with nothing in Redis."""
    redis_of_this_run.clear()
    return redis_of_this_run
