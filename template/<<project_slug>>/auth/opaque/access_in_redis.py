"""Issue and read random access tokens. Redis knows which session a token is of; the database, whether that is alive.

A Redis that forgets makes clients refresh. One that remembers too much gives nobody access: a session that ended has no
row.
"""

import json
from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ...clock import now
from ...db import NOW, Database
from ...redis_client import CLEANED_UP_AFTER, Client, client_beside, client_of
from ...users.models import User
from ..lookup import JoinedLookup, row_lookup
from ..principal import Principal
from ..tokens.models import Session
from ..tokens.sessions import SESSION_COLUMNS, invalid_token, is_alive, principal_of
from ..tokens.settings import TokenSettings

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


def tokens(database: Database) -> JoinedLookup[str, str]:
    """Return the joined look-up of tokens by key."""
    return JoinedLookup(lambda keys: _get_many(client_of(database), keys))


async def _get_many(client: Client, keys: Sequence[str]) -> dict[str, str]:
    values: Sequence[Any] = await client.answer(client.redis.mget(keys))
    return {key: value for key, value in zip(keys, values, strict=True) if value is not None}


def sessions(database: Database) -> JoinedLookup[UUID, Row[Any]]:
    """Return the joined look-up of sessions by id."""
    return row_lookup(database, _BY_ID, "id")


async def issue(db: AsyncConnection, session: Session, scope: str) -> str:
    """Return a new access token for the session: 43 random characters behind a prefix (ASVS 7.2.3)."""
    client, token, life = client_beside(db), PREFIX + token_urlsafe(32), TokenSettings.get().access_life
    value = {"session": str(session.id), "scope": scope, "ends": (now() + life).timestamp()}
    milliseconds = int(life.total_seconds() * 1000) + CLEANED_UP_AFTER
    await client.answer(client.redis.set(_key(client, token), json.dumps(value), px=milliseconds))
    return token


async def read(database: Database, token: str) -> Principal:
    """Return the caller. Raises InvalidCredential, and Unavailable when nobody can tell."""
    key = _key(client_of(database), token)
    stored = await database.part(tokens).get(key) if token.startswith(PREFIX) else None
    if stored is None:
        raise invalid_token()
    known = json.loads(stored)
    if known["ends"] <= now().timestamp():
        raise invalid_token("The access token expired")
    row = await database.part(sessions).get(UUID(known["session"]))
    if row is None:
        raise invalid_token()
    return principal_of(row, granted=known["scope"])


async def session_of(db: AsyncSession, token: str) -> tuple[UUID, UUID] | None:
    """Return user and session of an access token; None for an unknown one."""
    client = client_beside(db)
    stored = await client.answer(client.redis.get(_key(client, token)))
    if stored is None:
        return None
    statement = select(Session.user_id, Session.id).where(Session.id == UUID(json.loads(stored)["session"]))
    return (await db.execute(statement)).first()
