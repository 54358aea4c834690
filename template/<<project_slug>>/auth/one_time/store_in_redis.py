"""Secrets in Redis, outside the transaction of what they are for.

When that rolls back, what was done here stays: a secret that was taken is used up, one that was voided or replaced is
void, and a new one was never told to anybody. So a failure can cost a secret but never allows a second use. Callers
must bind a secret to something that rules out its reuse if an old state of Redis is restored.
"""

import json
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...clock import now
from ...redis_client import CLEANED_UP_AFTER, Client, client_beside
from .purpose import InvalidToken, Purpose

# Two keys: the secret's own, and its subject's, which names the secret that counts. An older one is deleted, and one
# that was restored is not named.
_CREATE = """
local of_subject, of_secret, data, ends, milliseconds = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
local previous = redis.call('GET', of_subject)
if previous then redis.call('DEL', previous) end
redis.call('SET', of_subject, of_secret, 'PX', milliseconds)
redis.call('HSET', of_secret, 'subject', of_subject, 'data', data, 'ends', ends)
redis.call('PEXPIRE', of_secret, milliseconds)
"""
_FIND = """
local of_secret, now = KEYS[1], ARGV[1]
local subject, ends = unpack(redis.call('HMGET', of_secret, 'subject', 'ends'))
if not subject or redis.call('GET', subject) ~= of_secret or tonumber(ends) <= tonumber(now) then return false end
"""
_READ = f"{_FIND} return redis.call('HGET', of_secret, 'data')"
_TAKE = f"{_FIND} return redis.call('DEL', of_secret, subject)"
_DISCARD = """
for _, of_subject in ipairs(KEYS) do
    local of_secret = redis.call('GET', of_subject)
    if of_secret then redis.call('DEL', of_secret, of_subject) end
end
"""


async def create(db: AsyncSession, purpose: Purpose, subject: str, data: dict[str, Any], *, life: timedelta) -> str:
    """Store a new secret, replacing the previous one, and return it: 43 characters, 256 random bits (ASVS 11.5.1)."""
    client, secret = client_beside(db), token_urlsafe(32)
    keys = [_of_subject(client, purpose, subject), _of_secret(client, purpose, secret)]
    milliseconds = int(life.total_seconds() * 1000)
    await client.run(_CREATE, keys, json.dumps(data), _milliseconds() + milliseconds, milliseconds + CLEANED_UP_AFTER)
    return secret


async def find(db: AsyncSession, purpose: Purpose, secret: str) -> dict[str, Any] | None:
    """Return what was stored with a secret that is still valid, without using it up; None for any other."""
    client = client_beside(db)
    found = await client.run(_READ, [_of_secret(client, purpose, secret)], _milliseconds())
    data: dict[str, Any] | None = None if found is None else json.loads(found)
    return data


async def take(db: AsyncSession, purpose: Purpose, secret: str) -> None:
    """Use a secret up, once. Raises InvalidToken when somebody else did first."""
    client = client_beside(db)
    if not await client.run(_TAKE, [_of_secret(client, purpose, secret)], _milliseconds()):
        raise InvalidToken


async def discard(db: AsyncSession, subject: str, *purposes: Purpose) -> None:
    """Void the subject's secrets of the given purposes, or of all (the address or password they were for changed)."""
    client = client_beside(db)
    await client.run(_DISCARD, [_of_subject(client, purpose, subject) for purpose in purposes or Purpose])


def _of_subject(client: Client, purpose: Purpose, subject: str) -> str:
    return client.key("subject", purpose, subject)


def _of_secret(client: Client, purpose: Purpose, secret: str) -> str:
    return client.key("secret", purpose, secret)


def _milliseconds() -> int:
    return int(now().timestamp() * 1000)
