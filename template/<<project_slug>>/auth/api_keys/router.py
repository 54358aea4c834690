"""One's own keys. All of it needs `account:write`, which no key has: a key cannot make or even see keys (AK-6)."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path

from ...db import Db, Reading, Writing
from ...limits.service import limit
from ...limits.settings import LimitSettings
from ...mail.outbox import Mails, Outbox
from ..credentials import confirm
from ..dependencies import AccountWriter, RecentLogin
from ..granted import parse_scope
from ..principal import Principal
from . import service
from .mails import key_created
from .schemas import ApiKeyIn, ApiKeyOut, NewApiKeyOut, RotatedApiKeyOut
from .service import KeyRequest, NewKey

router = APIRouter(prefix="/auth/api-keys", tags=["API keys"])


class KeyLimits(LimitSettings):
    """A key outlasts the session that made it: a stolen session must not make many."""

    limit_keys: str = "20/hour"
    """API keys made and rotated, by IP address."""


KeyId = Annotated[str, Path(alias="id", max_length=16, pattern="^[a-z2-7]*$")]


@router.post("", status_code=201, dependencies=[limit("keys")])
async def create_key(body: ApiKeyIn, caller: RecentLogin, database: Db, outbox: Mails) -> NewApiKeyOut:
    """Make a key. Its text is in this response and nowhere else."""
    requested = KeyRequest(body.name, parse_scope(body.scope), timedelta(days=body.days) if body.days else None)
    async with database.transaction() as db:
        await confirm(db, caller)
        new = await service.create(db, caller.user_id, requested, held=caller.scopes)
    _tell(outbox, caller, new)
    return NewApiKeyOut.model_validate(_fields(new))


@router.get("")
async def list_keys(caller: AccountWriter, db: Reading) -> list[ApiKeyOut]:
    """List the caller's keys."""
    return [ApiKeyOut.model_validate(key) for key in await service.list_keys(db, caller.user_id)]


@router.delete("/{id}", status_code=204)
async def revoke_key(key_id: KeyId, caller: AccountWriter, db: Writing) -> None:
    """Revoke a key. Another user's key looks like an unknown one (ASVS 8.2.2)."""
    await service.revoke(db, caller.user_id, key_id)


@router.post("/{id}/rotate", status_code=201, dependencies=[limit("keys")])
async def rotate_key(key_id: KeyId, caller: RecentLogin, database: Db, outbox: Mails) -> RotatedApiKeyOut:
    """Make a key like this one, which keeps working until `previous_expires_at`."""
    async with database.transaction() as db:
        await confirm(db, caller)
        new, ends = await service.rotate(db, caller.user_id, key_id, held=caller.scopes)
    _tell(outbox, caller, new)
    return RotatedApiKeyOut.model_validate(_fields(new) | {"previous_expires_at": ends})


def _fields(new: NewKey) -> dict[str, Any]:
    return {"key": new.text, **ApiKeyOut.model_validate(new.key).model_dump()}


def _tell(outbox: Outbox, caller: Principal, new: NewKey) -> None:
    # After the commit: no mail must report what was rolled back.
    if caller.account.email:
        outbox.send(key_created(caller.account.email, new.key.name))
