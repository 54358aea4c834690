"""What happens to everything that was handed out when an account's credentials change."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from ..audit.events import Event, log_event
from ..errors import Conflict
from ..users.models import User
from .accounts import locked
from .methods import METHODS
from .principal import Account, Principal


class AccessEnded(Conflict):
    """The caller's access was revoked during the request."""

    code = "access_ended"
    detail = "Your access was revoked during this request. Log in again."


async def end_access(db: AsyncSession, user_id: UUID, *, keep: str | None = None) -> None:
    """Revoke what every method has handed out to the account, in the caller's transaction (ASVS 7.4.2, 7.4.3).

    `keep` is the credential of the caller who asked for the change; it alone stays valid.
    """
    await db.execute(update(User).where(User.id == user_id).values(access_version=User.access_version + 1))
    for end in dict.fromkeys(method.end_access for method in METHODS if method.end_access):
        await end(db, user_id, keep=keep)


async def confirm(db: AsyncSession, caller: Principal) -> None:
    """Raise AccessEnded unless the caller's access is what it was when the request was authenticated (ASVS 15.4.2).

    Use it for what lasts, such as a new key or a role: a thief who is locked out in the meantime must not keep it, and
    of two administrators who demote each other, one must remain. The account is locked until the transaction ends, so
    that two requests cannot each rely on what the other takes away (ST-7).
    """
    user = await locked(db, caller.user_id)
    if user is None or not _is_as_it_was(user, caller.account) or not await _is_current(db, caller):
        log_event(Event.AUTHORIZATION_REFUSED, user_id=caller.user_id, reason=AccessEnded.code)
        raise AccessEnded


def _is_as_it_was(user: User, account: Account) -> bool:
    return user.is_active and user.access_version == account.access_version and user.roles == account.roles


async def _is_current(db: AsyncSession, caller: Principal) -> bool:
    # Apart from the account: the end of one session must not disturb what another one is doing.
    hooks = dict.fromkeys(method.is_current for method in METHODS if method.is_current)
    return all([await hook(db, caller) for hook in hooks])
