"""Secrets in the database, in the same transaction as what they are for. Taking one is a single DELETE."""

from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from ...clock import now
from ...db import affected, table_of, upsert
from ...digests import digest
from .models import OneTimeToken
from .purpose import InvalidToken, Purpose


async def create(db: AsyncSession, purpose: Purpose, subject: str, data: dict[str, Any], *, life: timedelta) -> str:
    """Store a new secret, replacing the previous one, and return it: 43 characters, 256 random bits (ASVS 11.5.1)."""
    secret = token_urlsafe(32)
    new = {"digest": digest(secret), "data": data, "expires_at": now() + life}
    whose = {"purpose": purpose, "subject": _of_subject(subject)}
    # One statement: otherwise, parallel requests would each delete the old row, and all but one fail to insert (ST-7).
    await db.execute(upsert(table_of(OneTimeToken), whose | new, new, key=whose))
    return secret


def _is_good(purpose: Purpose, secret: str) -> ColumnElement[bool]:
    is_it = (OneTimeToken.digest == digest(secret)) & (OneTimeToken.purpose == purpose)
    return is_it & (OneTimeToken.expires_at > now())


async def find(db: AsyncSession, purpose: Purpose, secret: str) -> dict[str, Any] | None:
    """Return what was stored with a secret that is still valid, without using it up; None for any other."""
    return await db.scalar(select(OneTimeToken.data).where(_is_good(purpose, secret)))


async def take(db: AsyncSession, purpose: Purpose, secret: str) -> None:
    """Use a secret up, once. Raises InvalidToken when somebody else did first."""
    statement = delete(OneTimeToken).where(_is_good(purpose, secret))
    if await affected(db, statement) != 1:
        raise InvalidToken


async def discard(db: AsyncSession, subject: str, *purposes: Purpose) -> None:
    """Void the subject's secrets of the given purposes, or of all (the address or password they were for changed)."""
    await db.execute(
        delete(OneTimeToken).where(
            OneTimeToken.subject == _of_subject(subject), OneTimeToken.purpose.in_(purposes or Purpose)
        )
    )


def _of_subject(subject: str) -> str:
    # Of a sign-up, it has the requester's network (ASVS 14.2.6).
    return digest(subject).hex()
