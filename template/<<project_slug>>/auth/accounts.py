"""The account beside a credential: columns that each method's look-up brings along, and what they become."""

from typing import Any

from sqlalchemy import Row
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


def account_of(row: Row[Any]) -> Account:
    """Return the account from a row with ACCOUNT_COLUMNS."""
    return Account(
        id=row.user_id,
        email=row.email,
        name=row.name,
        roles=row.roles,
        created_at=row.user_created_at,
        access_version=row.access_version,
    )
