"""Change a password, and reset a forgotten one."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...audit import service as audit
from ...audit.events import Event
from ...clock import now
from ...db import Database
from ...errors import Unprocessable
from ...mail import flooding
from ...mail.messages import Message
from ...mail.outbox import Outbox
from ...users.email import canonical
from ...users.models import User
from .. import one_time
from ..accounts import locked
from ..credentials import confirm, end_access
from ..methods import METHODS
from ..one_time import InvalidToken, Purpose, of_account
from ..principal import Principal
from . import failures, mails
from .chosen import check_chosen, hash_chosen
from .login import match, notice_to, replace, throttle
from .models import Password
from .settings import PasswordSettings

CHANGE = "change_password"
"""The method in events about the password comparison of a change."""
LOCKED = "!"
"""Stored instead of a hash: no password matches it, at the cost of a comparison."""


async def change(database: Database, outbox: Outbox, caller: Principal, current: str, new: str) -> None:
    """Replace the caller's password and end all other sessions (ASVS 6.2.2, 6.2.3, 7.4.3).

    Raises WrongPassword, Unprocessable, TooManyRequests, Unavailable, AccessEnded.
    """
    # The new one first: a refusal after the comparison would confirm the current one to a thief, unnoticed.
    if new == current:
        raise Unprocessable("The new password is the current one.", code="password_unchanged")
    check_chosen(new, email=caller.account.email)  # before the limit: trying several passwords must not exhaust it
    email_key = canonical(caller.account.email or str(caller.user_id))
    await throttle(database, email_key)
    # Before the comparison: a refusal by the breach check or a full queue after it would reveal the same.
    hashed = await hash_chosen(new, email=caller.account.email)
    _, stored, failed = await match(database, email_key, User.id == caller.user_id, current, method=CHANGE)
    async with database.transaction() as db:
        await replace(db, caller.user_id, stored, hashed, method=CHANGE)
        await confirm(db, caller)
        await db.execute(update(Password).where(Password.user_id == caller.user_id).values(changed_at=now()))
        notice = await _end_what_was(db, caller.user_id, keep=caller.credential)
        await one_time.discard(db, str(caller.user_id))
    outbox.send(notice)
    if failed:
        await failures.forget(database, email_key)


async def request_reset(database: Database, outbox: Outbox, address: str) -> None:
    """Mail a reset code to the account's own address, if there is an account; change nothing else (CS FP-2).

    Raises TooManyRequests.
    """
    key = canonical(address)
    await flooding.hit(database, Purpose.RESET_PASSWORD, key)
    async with database.transaction() as db:
        user = await db.scalar(select(User).where(User.email_key == key, User.is_active.is_(True)))
        code = await (create_reset(db, user) if user else _create_nothing(db, key))
    if user and user.email:
        outbox.send(mails.reset_password(user.email, code))


async def _create_nothing(db: AsyncSession, key: str) -> str:
    # The same write for an unknown address, so that neither timing nor load reveals it (ASVS 6.3.8).
    return await one_time.create(db, Purpose.RESET_PASSWORD, key, {}, life=timedelta(minutes=1))


async def create_reset(db: AsyncSession, user: User, *, printed: bool = False) -> str:
    """Return a code that sets the user's password, once, bound to the account as it is now (ASVS 6.4.3).

    It replaces the last mailed code, or the last printed one: a stranger who asks for a mail must not void the other.
    """
    life = timedelta(minutes=PasswordSettings.get().reset_minutes)
    subject = f"{user.id} printed" if printed else str(user.id)
    data = of_account.bound_to(user) | {"email_key": user.email_key}
    return await one_time.create(db, Purpose.RESET_PASSWORD, subject, data, life=life)


async def reset(database: Database, outbox: Outbox, code: str, new: str) -> None:
    """Set a new password with a mailed code; end sessions, other logins and a pause. Logs nobody in (ASVS 6.3.6).

    Raises InvalidToken, Unprocessable (the code stays valid) and Unavailable.
    """
    async with database.reading() as db:
        email = (await _owner_of(db, code, lock=False)).email
    stored = await hash_chosen(new, email=email)
    async with database.transaction() as db:
        # Checked again: during the hash the account may have been disabled or given another address.
        user = await _owner_of(db, code)
        await db.merge(Password(user_id=user.id, hash=stored, changed_at=now()))
        notice = await _end_what_was(db, user.id)
        await end_logins(db, user.id)
        # Last: if the database refuses, nothing is used up.
        await db.flush()
        await one_time.take(db, Purpose.RESET_PASSWORD, code)
        await one_time.discard(db, str(user.id))
    outbox.send(notice)
    await failures.forget(database, user.email_key or "")


async def lock_out(db: AsyncSession, user: User) -> None:
    """End every way to log in and all access, so that nobody is in until the owner resets the password."""
    await locked(db, user.id)  # a thief's login that is under way must end first, or find nothing
    # Not removed: an account without a password is for whoever proves its address first (6.4.3).
    await db.merge(Password(user_id=user.id, hash=LOCKED, changed_at=now()))
    await end_logins(db, user.id)
    await end_access(db, user.id)
    await db.refresh(user)


async def end_logins(db: AsyncSession, user_id: UUID) -> None:
    """End every way to log in except the password: before the recovery, a thief may have added one."""
    for method in METHODS:
        if method.end_logins:
            await method.end_logins(db, user_id)


async def _owner_of(db: AsyncSession, code: str, *, lock: bool = True) -> User:
    user, data = await of_account.owner_of(db, Purpose.RESET_PASSWORD, code, lock=lock)
    if user.email_key != data["email_key"]:
        raise InvalidToken  # it was mailed to an address that is not the account's any more (ASVS 6.6.2)
    return user


async def _end_what_was(db: AsyncSession, user_id: UUID, *, keep: str | None = None) -> Message | None:
    await end_access(db, user_id, keep=keep)
    audit.record(db, Event.PASSWORD_CHANGED, user_id)
    return await notice_to(db, user_id, mails.password_changed)
