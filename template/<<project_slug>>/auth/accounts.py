"""The account beside a credential: columns that each method's look-up brings along, and what they become."""

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
    """Return the condition every look-up carries: a disabled account's credentials find nothing (ASVS 7.4.2)."""
    return User.is_active.is_(True)


async def locked(db: AsyncSession, user_id: UUID) -> User | None:
    """Return the account as it is now, and as it stays for everybody until the transaction ends; None if it is gone.

    Before whatever depends on the account's state, or counts what it has: parallel requests would each decide on what
    the other is changing (ST-7). Always the first lock of a transaction, so that no two wait for each other. Rows that
    point at the account can still be added meanwhile; SQLite has one writer, and no locks of rows.
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
