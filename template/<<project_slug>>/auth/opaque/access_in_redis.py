"""Issue and read random access tokens. Redis knows which session a token is of; the database, whether that is alive.

A Redis that forgets makes clients refresh. One that remembers too much gives nobody access: a session that ended has no
row.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from secrets import token_urlsafe
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ...clock import now
from ...db import NOW, Database
from ...redis_client import CLEANED_UP_AFTER, Client, client_beside, client_of
from ...users.models import User
from ..lookup import JoinedLookup, row_query
from ..principal import Principal
from ..tokens.models import Session
from ..tokens.sessions import SESSION_COLUMNS, invalid_token, is_alive, principal_of

PREFIX = "at_"
"""Makes a leaked token recognisable, and tells it from a refresh token without trying."""

_BY_ID = (
    select(*SESSION_COLUMNS)
    .join(User, Session.user_id == User.id)
    .where(Session.id.in_(bindparam("keys", expanding=True)), is_alive(NOW))
)


def _key(client: Client, token: str) -> str:
    # A plain fast hash: 256 random bits cannot be guessed, so there is nothing to slow down (ASVS 6.5.2).
    return client.key("access-token", token)


class Found(NamedTuple):
    """What is known of a token."""

    session: UUID
    scope: str
    ends: float
    """When it expires, in seconds since 1970."""


def lookup(database: Database) -> JoinedLookup[str, tuple[Found, Row[Any] | None]]:
    """Return the joined lookup of tokens by key: what Redis knows of one, and its session's row if that is alive."""
    client, sessions = client_of(database), row_query(database, _BY_ID, "id")

    async def fetch(keys: Sequence[str]) -> dict[str, tuple[Found, Row[Any] | None]]:
        values: Sequence[Any] = await client.answer(client.redis.mget(keys))
        found = {key: _found(value) for key, value in zip(keys, values, strict=True) if value is not None}
        rows = await sessions([each.session for each in found.values()]) if found else {}
        return {key: (each, rows.get(each.session)) for key, each in found.items()}

    return JoinedLookup(fetch)


def _found(value: str) -> Found:
    stored = json.loads(value)
    return Found(UUID(stored["session"]), stored["scope"], stored["ends"])


async def issue(db: AsyncConnection, session: Session, scope: str, ends: datetime) -> str:
    """Return a new access token for the session: 43 random characters behind a prefix (ASVS 7.2.3)."""
    client, token = client_beside(db), PREFIX + token_urlsafe(32)
    value = {"session": str(session.id), "scope": scope, "ends": ends.timestamp()}
    milliseconds = int((ends - now()).total_seconds() * 1000) + CLEANED_UP_AFTER
    await client.answer(client.redis.set(_key(client, token), json.dumps(value), px=milliseconds))
    return token


async def read(database: Database, token: str) -> Principal:
    """Return the caller. Raises InvalidCredential, and Unavailable when nobody can tell."""
    key = _key(client_of(database), token)
    known = await database.part(lookup).get(key) if token.startswith(PREFIX) else None
    if known is None:
        raise invalid_token()
    found, row = known
    if found.ends <= now().timestamp():
        raise invalid_token("The access token expired")
    if row is None:
        raise invalid_token()
    return principal_of(row, granted=found.scope)


async def session_of(db: AsyncSession, token: str) -> tuple[UUID, UUID] | None:
    """Return user and session of an access token; None for an unknown one."""
    client = client_beside(db)
    stored = await client.answer(client.redis.get(_key(client, token)))
    if stored is None:
        return None
    statement = select(Session.user_id, Session.id).where(Session.id == UUID(json.loads(stored)["session"]))
    return (await db.execute(statement)).first()
