"""Issue and read random access tokens."""

from datetime import datetime
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ...clock import now
from ...db import NOW, Database
from ...digests import digest
from ...users.models import User
from ..lookup import JoinedLookup, row_query
from ..principal import Principal
from ..tokens.models import Session
from ..tokens.sessions import SESSION_COLUMNS, invalid_token, is_alive, principal_of
from .models import AccessToken

PREFIX = "at_"
"""Makes a leaked token recognisable, and tells it from a refresh token without trying."""

_BY_DIGEST = (
    select(AccessToken.digest, AccessToken.scope.label("granted"), AccessToken.expires_at, *SESSION_COLUMNS)
    .join(Session, AccessToken.session_id == Session.id)
    .join(User, Session.user_id == User.id)
    .where(AccessToken.digest.in_(bindparam("keys", expanding=True)), is_alive(NOW))
)

_EXPIRED = select(AccessToken.digest).where(
    AccessToken.session_id == bindparam("session"), AccessToken.expires_at <= NOW
)
_PURGE = delete(AccessToken).where(AccessToken.digest.in_(bindparam("expired", expanding=True)))
_ADD = insert(AccessToken)


def lookup(database: Database) -> JoinedLookup[bytes, Row[Any]]:
    """Return the joined lookup of tokens by digest."""
    return JoinedLookup(row_query(database, _BY_DIGEST, "digest"))


async def issue(db: AsyncConnection, session: Session, scope: str, ends: datetime) -> str:
    """Return a new access token for the session: 43 random characters behind a prefix (ASVS 7.2.3)."""
    token = PREFIX + token_urlsafe(32)
    # By their keys: to look for them under a lock would make sessions wait for each other's tokens.
    if expired := (await db.scalars(_EXPIRED, {"session": session.id, "now": now()})).all():
        await db.execute(_PURGE, {"expired": expired})
    await db.execute(_ADD, {"digest": digest(token), "session_id": session.id, "scope": scope, "expires_at": ends})
    return token


async def read(database: Database, token: str) -> Principal:
    """Return the caller. Raises InvalidCredential."""
    row = await database.part(lookup).get(digest(token)) if token.startswith(PREFIX) else None
    if row is None:
        raise invalid_token()
    if row.expires_at <= now():
        raise invalid_token("The access token expired", session_id=row.id)
    return principal_of(row, granted=row.granted)


async def session_of(db: AsyncSession, token: str) -> tuple[UUID, UUID] | None:
    """Return user and session of an access token; None for an unknown one."""
    statement = select(Session.user_id, Session.id).join(AccessToken).where(AccessToken.digest == digest(token))
    return (await db.execute(statement)).first()
