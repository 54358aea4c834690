"""One-time secrets sent by mail: verify an address, reset a password, change an address.

Only the SHA-256 digest is stored (ASVS 6.5.2: enough for 256 random bits). A new secret for the same purpose and
subject replaces the previous one (6.6.2), and taking one is a single DELETE: of twenty parallel uses, one wins (2.3.4).
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import JSON, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import ColumnElement

from ..clock import now
from ..db import Base, Digest, UtcDateTime, affected, table_of, upsert
from ..errors import BadRequest


class Purpose(StrEnum):
    """What a secret may be used for. One made for one purpose finds nothing under another (9.2.2)."""

    REGISTER = "register"
    RESET_PASSWORD = "reset_password"
    CHANGE_EMAIL = "change_email"
    SOCIAL_LOGIN = "social_login"
    SOCIAL_CODE = "social_code"
    SOCIAL_EMAIL = "social_email"


class InvalidToken(BadRequest):
    """Unknown, used, expired, superseded or another's: one answer for all (ASVS 6.3.8)."""

    code = "invalid_token"
    detail = "This link or code is not valid. Ask for a new one."


class OneTimeSecret(Base):
    """A secret that is under way to somebody."""

    __tablename__ = "one_time_secret"

    # The key is what stays when a new secret replaces one: MySQL makes rivals that change a key wait for each other.
    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(String(320), primary_key=True)
    """Whom it is about: a user id, or the canonical address of a sign-up."""
    digest: Mapped[bytes] = mapped_column(Digest, unique=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def digest(secret: str) -> bytes:
    """Return the 32 bytes that stand for a secret in the database."""
    return hashlib.sha256(secret.encode()).digest()


async def create(db: AsyncSession, purpose: Purpose, subject: str, data: dict[str, Any], *, life: timedelta) -> str:
    """Store a new secret in place of the previous one and return it: 43 characters, 256 random bits (ASVS 11.5.1)."""
    secret = token_urlsafe(32)
    new = {"digest": digest(secret), "data": data, "expires_at": now() + life}
    whose = {"purpose": purpose, "subject": subject}
    # One statement: of parallel requests each would delete what is there, and all but one fail at adding theirs (ST-7).
    await db.execute(upsert(table_of(OneTimeSecret), whose | new, new, key=whose))
    return secret


def _is_good(purpose: Purpose, secret: str) -> ColumnElement[bool]:
    is_it = (OneTimeSecret.digest == digest(secret)) & (OneTimeSecret.purpose == purpose)
    return is_it & (OneTimeSecret.expires_at > now())


async def find(db: AsyncSession, purpose: Purpose, secret: str, *, subject: str | None = None) -> dict[str, Any] | None:
    """Return what was stored with a secret that is still good, without using it up; None for any other.

    With `subject`, one that is about somebody else counts as unknown.
    """
    statement = select(OneTimeSecret.data).where(_is_good(purpose, secret))
    if subject is not None:
        statement = statement.where(OneTimeSecret.subject == subject)
    return await db.scalar(statement)


async def take(db: AsyncSession, purpose: Purpose, secret: str) -> None:
    """Use a secret up, once. Raises InvalidToken when somebody else did first."""
    statement = delete(OneTimeSecret).where(_is_good(purpose, secret))
    if await affected(db, statement) != 1:
        raise InvalidToken


async def discard(db: AsyncSession, subject: str, *purposes: Purpose) -> None:
    """Void the subject's secrets of the given purposes, or of all (the address or password they were for changed)."""
    await db.execute(
        delete(OneTimeSecret).where(OneTimeSecret.subject == subject, OneTimeSecret.purpose.in_(purposes or Purpose))
    )
