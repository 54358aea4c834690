"""Changing and deleting one's own account."""

from fastapi import APIRouter

from ..auth.accounts import locked
from ..auth.credentials import confirm
from ..auth.dependencies import AccountWriter, RecentLogin
from ..db import Db, Writing
from ..errors import NotFound
from ..mail.outbox import Mails
from ..schemas import Input
from . import service
from .mails import account_deleted
from .name import Name
from .schemas import UserOut

router = APIRouter(prefix="/users", tags=["users"])


class UserPatch(Input):
    """What users may change about themselves; the rest has endpoints that ask for their own proof (ASVS 8.2.3)."""

    name: Name


@router.patch("/me")
async def change_me(body: UserPatch, caller: AccountWriter, db: Writing) -> UserOut:
    """Change the caller's name."""
    user = await locked(db, caller.user_id)
    if user is None:
        raise NotFound  # deleted by another request of the same owner
    user.name = body.name
    return UserOut.model_validate(user)


@router.delete("/me", status_code=204)
async def delete_me(caller: RecentLogin, database: Db, outbox: Mails) -> None:
    """Delete the caller's account and everything it owns. There is no way back."""
    async with database.transaction() as db:
        await confirm(db, caller)
        await service.delete_account(db, caller.user_id)
    outbox.send(account_deleted(caller.account.email) if caller.account.email else None)
