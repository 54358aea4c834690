"""What happens to everything handed out, and to the ways to log in, when an account's credentials change."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from .methods import METHODS


async def end_access(db: AsyncSession, user_id: UUID, *, keep: str | None = None) -> None:
    """End what every method has handed out to the account, in the caller's transaction (ASVS 7.4.2, 7.4.3).

    `keep` is the credential of the caller who asked for the change; it alone stays good.
    """
    for end in dict.fromkeys(method.end_access for method in METHODS if method.end_access):
        await end(db, user_id, keep=keep)


async def end_logins(db: AsyncSession, user_id: UUID) -> None:
    """End every way to log in but the password: whoever added one before a recovery may have been a thief."""
    for method in METHODS:
        if method.end_logins:
            await method.end_logins(db, user_id)
