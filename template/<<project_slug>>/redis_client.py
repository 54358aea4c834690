"""Redis: short-lived state that all processes share.

Limits, one-time secrets and, unless they are signed, access tokens. Accounts, sessions and refresh tokens are in the
database, which decides: whatever Redis loses or restores, it gives nobody access that has ended. A failure of Redis is
a 503, never a guess (ASVS 16.5.2, ST-11).
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI
from pydantic import Field, field_validator
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import ReadOnlyError, RedisError, ResponseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from .db import Database
from .digests import digest
from .errors import Unavailable, unavailable
from .settings import LOOPBACK, Settings

T = TypeVar("T")

log = logging.getLogger(__name__)

CLEANED_UP_AFTER = 60_000
"""Milliseconds that a key outlives its content. Our clock decides what has expired; Redis only cleans up."""

_OPTIONS = {"redis": set[str](), "rediss": {"ssl_ca_certs"}}
"""The options that a URL may have, by its scheme. Others could disable the verification of certificates."""


class RedisSettings(Settings):
    """Where short-lived state is kept."""

    connects = True
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", repr=False)
    """`rediss://user:password@host:6379/0`; `?ssl_ca_certs=<file>` for an authority of your own."""
    redis_prefix: str = Field(default=f"{__name__.partition('.')[0]}:", pattern=r"^[\w.:-]+$")
    """The prefix of every key, so that several projects can share a server."""
    redis_pool_size: int = Field(default=20, ge=1)
    """Connections per worker. Too few make requests wait."""
    redis_timeout: float = Field(default=2, gt=0, le=3600)
    """Seconds to wait for a connection or an answer; then the answer is 503 (ASVS 13.2.6)."""
    allow_redis_without_tls: bool = False

    @field_validator("redis_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not _is_known(value):
            raise ValueError("is not the address of a Redis, for instance redis://127.0.0.1:6379/0")
        return value

    def problems(self) -> Iterator[str]:
        url = urlsplit(self.redis_url)
        if url.scheme != "rediss" and url.hostname not in LOOPBACK and not self.allow_redis_without_tls:
            yield "REDIS_URL must begin with rediss://; set ALLOW_REDIS_WITHOUT_TLS=true if nobody else is on the way."
        if not url.password:
            yield "REDIS_URL must include a password: without one, whoever reaches the server can change what is in it."


def _is_known(address: str) -> bool:
    try:
        url = urlsplit(address)
        has_host = bool(url.hostname) and url.port != 0
    except ValueError:  # its text quotes the supposed port, which may be part of a password
        return False
    known, asked = _OPTIONS.get(url.scheme), set(parse_qs(url.query, keep_blank_values=True))
    return known is not None and asked <= known and has_host and url.path.strip("/").isdecimal()


class Client:
    """The app's connections to Redis. Every method raises Unavailable when Redis fails."""

    def __init__(self, settings: RedisSettings) -> None:
        self._prefix = settings.redis_prefix
        # RESP 2: with RESP 3, the pool could hand out a connection that still holds another request's answer.
        pool = BlockingConnectionPool.from_url(
            settings.redis_url,
            protocol=2,
            decode_responses=True,
            max_connections=settings.redis_pool_size,
            timeout=settings.redis_timeout,
            socket_timeout=settings.redis_timeout,
            socket_connect_timeout=settings.redis_timeout,
            # Once, for a connection that was just cut. A script may run twice as a result, which fails closed, except
            # that an attempt may be taken back twice, which allows one more guess.
            retry=Retry(NoBackoff(), 1, (ConnectionLost,)),
        )
        self.redis = Redis.from_pool(pool)
        self._scripts: dict[str, AsyncScript] = {}

    async def close(self) -> None:
        """Close every connection."""
        await self.redis.aclose()

    def key(self, kind: str, *words: str) -> str:
        """Return the key of one entry of a kind. It only holds a digest of the words, so they cannot be read (ST-9)."""
        return f"{self._prefix}{kind}:{digest(chr(0).join(words)).hex()}"

    async def run(self, script: str, keys: Sequence[str], *arguments: str | int) -> Any:
        """Run a script atomically: no other command runs between its lines."""
        if script not in self._scripts:
            self._scripts[script] = self.redis.register_script(script)
        return await self.answer(self._scripts[script](keys, arguments))

    async def answer(self, command: Awaitable[T]) -> T:
        """Return what a command of `redis` answers."""
        try:
            return await command
        except RedisError as error:
            if isinstance(error, ReadOnlyError):
                # After a failover it is a replica that keeps connections open; its name now leads to the new primary.
                closing = self.redis.connection_pool.disconnect(inuse_connections=False)
                # One that is gone confirms no end. `gather`, since asyncio then also cancels others who wait for it.
                await asyncio.gather(closing, return_exceptions=True)
            raise unavailable(error) from error

    async def policy(self) -> str:
        """Return what Redis does when its memory is full; "unknown" if it does not say."""
        return str((await self.answer(self._memory())).get("maxmemory_policy", "unknown"))

    async def _memory(self) -> dict[str, Any]:
        with suppress(ResponseError):  # where dangerous commands are forbidden, or have other names
            return await self.redis.info("memory")
        return {}


def client_of(database: Database) -> Client:
    """Return the app's client. It connects with the first command, and is closed with the database."""
    return database.part(_open)


def client_beside(db: AsyncSession | AsyncConnection) -> Client:
    """Return the client of the app that a session or a connection belongs to."""
    bind = db.get_bind() if isinstance(db, AsyncSession) else db.sync_engine
    return client_of(bind.get_execution_options()["database"])


def _open(database: Database) -> Client:
    client = Client(RedisSettings.get())
    database.at_close(client.close)
    return client


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Warn at startup of what would lose limits and secrets (ST-10). A Redis that is down may soon be back."""
    try:
        policy = await client_of(app.state.database).policy()
        if policy != "noeviction":
            log.warning("redis_may_evict", extra={"policy": policy})
    except Unavailable:
        log.warning("redis_is_down")
    yield
