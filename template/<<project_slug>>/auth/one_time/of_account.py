"""Secrets about an account, void once its access was revoked.

A thief may have asked for one, or a restored store may have brought it back after its use (ST-10).
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ...users.models import User
from .. import one_time
from ..accounts import locked
from ..principal import Account
from .purpose import InvalidToken, Purpose


async def create(
    db: AsyncSession, purpose: Purpose, account: User | Account, data: dict[str, Any], *, life: timedelta
) -> str:
    """Store a new secret about the account as it is now, replacing the previous one, and return it."""
    return await one_time.create(db, purpose, str(account.id), data | bound_to(account), life=life)


def bound_to(account: User | Account) -> dict[str, Any]:
    """Return what is stored with each secret about the account."""
    return {"user_id": str(account.id), "access_version": account.access_version}


async def owner_of(
    db: AsyncSession, purpose: Purpose, secret: str, *, lock: bool = True
) -> tuple[User, dict[str, Any]]:
    """Return whom a secret is about and what was stored with it, without using it up. Raises InvalidToken.

    The account is locked until the transaction ends, except for a first look that decides nothing.
    """
    data = await one_time.find(db, purpose, secret) or {}
    user = None
    if "user_id" in data:
        user_id = UUID(data["user_id"])
        user = await (locked(db, user_id) if lock else db.get(User, user_id))
    if user is None or not user.is_active or user.access_version != data["access_version"]:
        raise InvalidToken
    return user, data
