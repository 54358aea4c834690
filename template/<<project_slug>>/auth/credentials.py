"""What happens to everything handed out when an account's credentials change."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from .methods import METHODS


async def end_access(db: AsyncSession, user_id: UUID, *, keep: str | None = None) -> None:
    """End what every method has handed out to the account, in the caller's transaction (ASVS 7.4.2, 7.4.3).

    `keep` is the credential of the caller who asked for the change; it alone stays good.
    """
    for end in dict.fromkeys(method.end_access for method in METHODS if method.end_access):
        await end(db, user_id, keep=keep)
