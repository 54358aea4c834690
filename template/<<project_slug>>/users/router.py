"""Reading one's own account, and administering all accounts."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from ..audit.events import Event, log_event
from ..auth.accounts import locked
from ..auth.credentials import confirm
from ..auth.dependencies import CurrentPrincipal, require
from ..auth.principal import Principal
from ..auth.scopes import Scope
from ..db import Reading, Writing
from . import service
from .models import User
from .schemas import AdminUserOut, AdminUserPatch, UserOut

router = APIRouter(prefix="/users", tags=["users"])

UserReader = Annotated[Principal, require(Scope.USERS_READ)]
UserWriter = Annotated[Principal, require(Scope.USERS_WRITE)]


@router.get("/me")
async def read_me(caller: CurrentPrincipal) -> UserOut:
    """Return the caller's account."""
    # Authentication has just looked it up.
    return UserOut.model_validate(caller.account)


@router.get("")
async def list_users(
    caller: UserReader,
    db: Reading,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> list[AdminUserOut]:
    """List accounts, oldest first."""
    users = await service.list_users(db, offset=offset, limit=limit)
    _log_read(caller, users)
    return [AdminUserOut.model_validate(user) for user in users]


@router.patch("/{user_id}")
async def change_user(user_id: UUID, body: AdminUserPatch, caller: UserWriter, db: Writing) -> AdminUserOut:
    """Enable or disable an account, or change its roles.

    Needs a recent login to change roles, or if the account has more than a plain user's powers.
    """
    # In the same order for everybody: two administrators who change each other would deadlock.
    for each in sorted({caller.user_id, user_id}):
        await locked(db, each)
    await confirm(db, caller)
    user = await service.administer(db, user_id, by=caller, is_active=body.is_active, roles=body.roles)
    _log_read(caller, [user])
    return AdminUserOut.model_validate(user)


def _log_read(caller: Principal, users: Sequence[User]) -> None:
    # After a leak, it tells whose data was seen by whom.
    read = [user.id for user in users]
    log_event(Event.ACCOUNTS_READ, user_id=caller.user_id, credential=caller.credential, accounts=read)
