"""Make, rotate, list and revoke keys.

What a key may do is decided twice: when it is made, it gets no more than its maker holds, and at each use, no more than
its owner still holds (`access.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from ...audit import service as audit
from ...audit.events import Event, log_event
from ...clock import now
from ...db import affected
from ...digests import digest
from ...errors import Conflict, NotFound, Unprocessable
from ..accounts import locked
from ..granted import parse_scope
from ..principal import Principal
from ..scopes import Scope
from .access import GRANTABLE, METHOD
from .models import ApiKey
from .settings import ApiKeySettings
from .text import new_key


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """What somebody asks for. Without `life`, it lives as long as the settings say."""

    name: str
    scopes: frozenset[Scope]
    life: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. Its text is shown once and stored nowhere."""

    key: ApiKey
    text: str


def _is_live() -> ColumnElement[bool]:
    return ApiKey.expires_at > now()


async def create(db: AsyncSession, owner_id: UUID, requested: KeyRequest, *, held: frozenset[Scope]) -> NewKey:
    """Make a key. `held` is what its maker may do; the key gets some of that, and never `account:write`.

    Raises Unprocessable, Conflict when the owner has as many keys as allowed, NotFound for an owner who is disabled.
    """
    settings = ApiKeySettings.get()
    life = requested.life or settings.usual_life
    if not requested.scopes or not requested.scopes <= held & GRANTABLE:
        raise Unprocessable("A key can only have scopes of its owner, except account:write.", code="scope_not_allowed")
    if life > settings.max_life:
        raise Unprocessable(f"A key lives for {settings.api_key_max_days} days at most.", code="life_too_long")
    new = _draft(owner_id, requested.name, requested.scopes, life)
    await _lock(db, owner_id)
    await _add(db, new.key)
    audit.record(db, Event.KEY_CREATED, owner_id, key=new.key.id, scope=new.key.scope)
    return new


def _draft(owner_id: UUID, name: str, scopes: frozenset[Scope], life: timedelta) -> NewKey:
    key_id, text = new_key(ApiKeySettings.get().api_key_brand)
    start = now()
    key = ApiKey(
        id=key_id,
        user_id=owner_id,
        digest=digest(text),
        name=name,
        scope=" ".join(sorted(scopes)),
        created_at=start,
        expires_at=start + life,
    )
    return NewKey(key, text)


async def _lock(db: AsyncSession, owner_id: UUID) -> None:
    # An account disabled since the request was authenticated gets no key: it would survive the disabling (7.4.2).
    owner = await locked(db, owner_id)
    if owner is None or not owner.is_active:
        raise NotFound


async def _add(db: AsyncSession, key: ApiKey) -> None:
    live = select(func.count()).select_from(ApiKey).where(ApiKey.user_id == key.user_id, _is_live())
    if (await db.scalar(live) or 0) >= ApiKeySettings.get().api_keys_per_user:
        raise Conflict("You have as many keys as allowed. Revoke one first.", code="too_many_keys")
    db.add(key)
    await db.flush()


async def rotate(db: AsyncSession, owner_id: UUID, key_id: str, *, held: frozenset[Scope]) -> tuple[NewKey, datetime]:
    """Make a key like this one, for as long; return it and when the old one expires, never later than it would have.

    Scopes no longer in `held` are left out. Raises NotFound, Conflict, and Unprocessable when no scope is left.
    """
    settings = ApiKeySettings.get()
    await _lock(db, owner_id)
    old = await _get(db, owner_id, key_id)
    scopes = parse_scope(old.scope) & held & GRANTABLE
    if not scopes:
        raise Unprocessable("The key's owner no longer has any of its scopes.", code="scope_not_allowed")
    new = _draft(owner_id, old.name, scopes, min(old.expires_at - old.created_at, settings.max_life))
    ends = min(old.expires_at, now() + settings.overlap)
    await _replace(db, old, new.key, ends)
    await _add(db, new.key)
    audit.record(db, Event.KEY_ROTATED, owner_id, key=old.id, replaced_by=new.key.id)
    return new, ends


async def _replace(db: AsyncSession, old: ApiKey, new: ApiKey, ends: datetime) -> None:
    # Once: a key rotated twice would have two successors, one of which nobody knows about.
    statement = update(ApiKey).where(ApiKey.id == old.id, ApiKey.replaced_by.is_(None))
    if not await affected(db, statement.values(replaced_by=new.id, expires_at=ends)):
        raise Conflict("This key has already been rotated.", code="key_rotated")


async def _get(db: AsyncSession, owner_id: UUID, key_id: str) -> ApiKey:
    """Return a live key. Raises NotFound, for an unknown id and for another owner's alike (ASVS 8.2.2)."""
    key = await db.scalar(select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == owner_id, _is_live()))
    if key is None:
        raise _not_theirs(owner_id, key_id)
    return key


def _not_theirs(owner_id: UUID, key_id: str) -> NotFound:
    log_event(Event.AUTHORIZATION_REFUSED, user_id=owner_id, key=key_id)
    return NotFound()


async def list_keys(db: AsyncSession, owner_id: UUID) -> Sequence[ApiKey]:
    """Return the owner's live keys, newest first."""
    statement = select(ApiKey).where(ApiKey.user_id == owner_id, _is_live())
    return (await db.scalars(statement.order_by(ApiKey.created_at.desc(), ApiKey.id))).all()


async def revoke(db: AsyncSession, owner_id: UUID, key_id: str) -> None:
    """Revoke one of the owner's keys; takes effect on its next use (ASVS 6.5.6). Raises NotFound."""
    if not await affected(db, delete(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == owner_id)):
        raise _not_theirs(owner_id, key_id)
    audit.record(db, Event.KEY_REVOKED, owner_id, key=key_id)


async def is_current(db: AsyncSession, caller: Principal) -> bool:
    """Tell whether the caller's key is live; True for a caller without one."""
    live = select(ApiKey.id).where(ApiKey.id == caller.credential, _is_live())
    return caller.method != METHOD or await db.scalar(live) is not None


async def end_keys(db: AsyncSession, owner_id: UUID, /, *, keep: str | None = None) -> None:
    """Revoke all of the owner's keys, unless the owner is acting: `keep` is then the credential in use.

    A reset or a disabling means that somebody else may have been in control and left a key behind. Owners who change a
    password while logged in are told of every new key and see them all; stopping all their programs with it would make
    people put off the change.
    """
    if keep is None and await affected(db, delete(ApiKey).where(ApiKey.user_id == owner_id)):
        audit.record(db, Event.KEY_REVOKED, owner_id, keys="all")
