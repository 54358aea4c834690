"""The account behind a credential: columns that each method's lookup returns, and what they become."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from ..users.models import User
from .principal import Account

ACCOUNT_COLUMNS = (
    User.id.label("user_id"),
    User.email,
    User.name,
    User.roles,
    User.created_at.label("user_created_at"),
    User.access_version,
)


def is_usable() -> ColumnElement[bool]:
    """Return the condition of every lookup: a disabled account's credentials find nothing (ASVS 7.4.2)."""
    return User.is_active.is_(True)


async def locked(db: AsyncSession, user_id: UUID) -> User | None:
    """Lock the account until the transaction ends and return it as it is now; None if it is gone.

    Call it before anything that depends on the account's state or counts its rows: otherwise parallel requests decide
    on stale data (ST-7). Always the first lock of a transaction, so that two cannot deadlock; an administrator who
    changes an account locks both, in order of their ids. Rows that refer to the account can still be added in the
    meantime; SQLite has one writer, and no row locks.
    """
    return await db.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)


def account_of(row: Row[*tuple[Any, ...]]) -> Account:
    """Return the account from a row with ACCOUNT_COLUMNS."""
    return Account(
        id=row.user_id,
        email=row.email,
        name=row.name,
        roles=row.roles,
        created_at=row.user_created_at,
        access_version=row.access_version,
    )
