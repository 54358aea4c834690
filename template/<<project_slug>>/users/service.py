"""Read and change accounts."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Uuid, delete, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..audit import service as audit
from ..audit.events import Event, log_event
from ..auth.accounts import locked
from ..auth.credentials import end_access
from ..auth.dependencies import Forbidden, require_recent_login
from ..auth.principal import Principal
from ..auth.scopes import Role, scopes_of
from ..db import SECRET, Base, affected, table_of
from ..errors import Conflict, Misbuilt, NotFound
from .email import canonical
from .models import User


async def delete_account(db: AsyncSession, user_id: UUID) -> None:
    """Delete the account with everything that refers to it. Raises NotFound."""
    if not await affected(db, delete(User).where(User.id == user_id)):
        raise NotFound
    audit.record(db, Event.USER_DELETED, user_id)


def check_references() -> None:
    """Raise Misbuilt for a reference that makes the deletion of an account fail, or of what goes with one."""
    keys = [key for table in Base.metadata.tables.values() for key in table.foreign_keys]
    going = [table_of(User)]
    for table in going:  # which grows
        for key in (key for key in keys if key.column.table is table):
            if key.ondelete is None or (key.ondelete == "SET NULL" and not key.parent.nullable):
                raise Misbuilt(f"{key.parent} refers to what is deleted with accounts: it needs a fitting ondelete.")
            if key.ondelete == "CASCADE" and key.parent.table not in going:
                going.append(key.parent.table)


async def named(db: AsyncSession, name: str) -> User | None:
    """Return the account by its e-mail address, however spelled, or by its id: some have no address."""
    with suppress(ValueError):
        return await db.get(User, UUID(name))
    return await db.scalar(select(User).where(User.email_key == canonical(name)))


async def held_about(db: AsyncSession, user_id: UUID) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
    """Yield each row with a column that refers to an account, in your tables too, with its table's name; no secret.

    Neither what is pending nor what names the account only inside a column, such as the `fields` of another's event.
    """
    for table in Base.metadata.sorted_tables:
        shown = [column for column in table.columns if not SECRET.items() <= column.info.items()]
        whose = [column == user_id for column in table.columns if _names_account(column)]
        for row in await db.execute(select(*shown).where(or_(false(), *whose))):
            yield table.name, {name: value for name, value in row._mapping.items() if not isinstance(value, bytes)}


def _names_account(column: Column[Any]) -> bool:
    account = table_of(User).c.id
    # By name too: the trail has no foreign key, since it outlives the account.
    is_named = column.name == "user_id" and isinstance(column.type, Uuid)
    return is_named or column is account or column.references(account)


async def list_users(db: AsyncSession, *, offset: int, limit: int) -> Sequence[User]:
    """Return a page of accounts, oldest first."""
    return (await db.scalars(select(User).order_by(User.created_at, User.id).offset(offset).limit(limit))).all()


async def administer(
    db: AsyncSession,
    user_id: UUID,
    *,
    by: Principal | None,
    is_active: bool | None = None,
    roles: set[Role] | None = None,
) -> User:
    """Enable or disable an account, or change its roles.

    What it loses ends at its next request; what it gains does not widen what was issued before, perhaps to a thief.
    `by` is the administrator; None is the operator, on the command line. Raises NotFound, Conflict for oneself, and as
    `_check_power` does.
    """
    user = await locked(db, user_id)
    if user is None:
        log_event(Event.AUTHORIZATION_REFUSED, user_id=by and by.user_id, account=user_id)
        raise NotFound
    if by is not None and user.id == by.user_id:
        # Administrators who lock themselves out may be the last ones.
        raise Conflict("Ask another administrator to change your own account.")
    if by is not None:
        _check_power(by, user, roles)
    before = (user.is_active, user.roles)
    if roles is not None:
        user.roles = frozenset(roles)
    if is_active is not None:
        await _set_active(db, user, is_active)
    if (user.is_active, user.roles) != before:
        now_is = {"is_active": user.is_active, "roles": sorted(user.roles)}
        named_by = {"by": str(by.user_id)} if by else {}
        audit.record(db, Event.AUTHORIZATION_CHANGED, user.id, **named_by, **now_is)
    return user


def _check_power(by: Principal, user: User, roles: set[Role] | None) -> None:
    """Raise Forbidden if the account's roles, old or new, grant more than `by` may do, and Unauthorized if not recent.

    Whoever may administer at all may enable and disable an account that has no more powers than everybody's.
    """
    if roles is None and scopes_of(user.roles) <= scopes_of(frozenset({Role.USER})):
        return
    # Otherwise a leaked key or forgotten session could create an administrator who outlasts it, bring back one who was
    # disabled, or disable the others (AK-6, ASVS 7.5.3).
    require_recent_login(by)
    if not (all_of := scopes_of(user.roles | frozenset(roles or ()))) <= by.scopes:
        # Otherwise one could gain a power through a friend, or take it from its last holder (ASVS 8.2.3).
        log_event(Event.AUTHORIZATION_REFUSED, user_id=by.user_id, account=user.id)
        raise Forbidden(all_of)


async def _set_active(db: AsyncSession, user: User, is_active: bool) -> None:
    user.is_active = is_active
    if not is_active:
        # Revoked, not paused: enabling the account again must not revive a thief's session (ASVS 7.4.2).
        await end_access(db, user.id)
