"""Log in with a password, change it, reset it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from ...audit import service as audit
from ...audit.events import Event, log_event
from ...clock import now
from ...db import Database, affected
from ...errors import TooManyRequests, Unavailable, Unprocessable
from ...limits import service as limits
from ...mail.messages import Message
from ...mail.outbox import Outbox
from ...middleware.request_context import client_address
from ...users.email import canonical, masked
from ...users.models import User
from .. import one_time
from ..credentials import end_access
from ..one_time import InvalidToken, Purpose
from ..principal import Principal
from . import mails
from .chosen import hash_chosen, verify
from .models import Password
from .settings import PasswordSettings

FAILURES_TO_TELL = 5
"""A success after this many failures in a row is reported to the user: somebody has been guessing (ASVS 6.3.5)."""
PAUSE = 3600
"""Seconds that a paused sign-in asks a client to wait; only a mailed reset ends the pause sooner."""


class WrongPassword(Exception):
    """Wrong, unknown, disabled, unproved or without a password: the callers' answers are one and the same."""


@asynccontextmanager
async def authenticate(
    database: Database, outbox: Outbox, address: str, password: str, *, method: str
) -> AsyncGenerator[tuple[AsyncSession, UUID]]:
    """Check an address and a password, then open the transaction in which their user logs in.

    Yields the transaction and the user's id. Every call is counted and does one hash, whoever is asked for. Raises
    WrongPassword, TooManyRequests, Unavailable.
    """
    key = canonical(address)
    failures = await _throttle(database, key)
    found = await _find(database, User.email_key == key)
    is_right, better = await _compare(database, key, password, found[1] if found else None)
    if not (is_right and found):
        await _fail(database, key, method)
        raise WrongPassword
    await limits.forget(database, "login_failures", key)
    async with database.transaction() as db:
        # Looked at again: a reset, a change or a disabling that came during the hash must win (ASVS 15.4.2).
        await _replace(db, *found, better or found[1])
        notices = await _succeed(db, found[0], failures, method)
        yield db, found[0]
    _send(outbox, notices)


async def _compare(database: Database, key: str, password: str, stored: str | None) -> tuple[bool, str | None]:
    try:
        return await verify(password, stored)
    except Unavailable:
        # Nothing was compared. Counted, an overload would add up to a pause of the owner's sign-in.
        await limits.uncount(database, "login_failures", key)
        raise


async def _throttle(database: Database, key: str) -> int:
    """Count an attempt; return how many failures in a row came before it. Raises TooManyRequests."""
    await limits.hit(database, "login_account", key, limits.network_of(client_address()))
    # Counted before it fails, and forgotten if it does not: of many guesses at once only the limit's number is tried.
    attempts = await limits.count(database, "login_failures", key)
    if attempts > limits.amount("login_failures"):
        log_event(Event.LOGIN_PAUSED, account=masked(key))
        raise TooManyRequests(PAUSE)
    return attempts - 1


async def _find(database: Database, whose: ColumnElement[bool]) -> tuple[UUID, str] | None:
    statement = select(Password.user_id, Password.hash).join(User).where(whose, User.is_active.is_(True))
    async with database.autocommit.connect() as connection:
        row = (await connection.execute(statement)).first()
    return (row[0], row[1]) if row else None


async def _fail(database: Database, key: str, method: str) -> None:
    async with database.transaction() as db:
        audit.record(db, Event.LOGIN_FAILED, None, account=masked(key), method=method)


async def _succeed(db: AsyncSession, user_id: UUID, failures: int, method: str) -> list[Message]:
    audit.record(db, Event.LOGIN, user_id, method=method)
    if failures < FAILURES_TO_TELL:
        return []
    audit.record(db, Event.LOGIN_AFTER_FAILURES, user_id, failures=failures)
    return await _notices(db, user_id, mails.guessed)


async def _replace(db: AsyncSession, user_id: UUID, verified: str, new: str) -> None:
    """Store a hash in place of the one that was verified. Raises WrongPassword when it is there no longer."""
    usable = select(User.id).where(User.id == user_id, User.is_active.is_(True))
    statement = update(Password).where(Password.user_id.in_(usable), Password.hash == verified)
    if await affected(db, statement.values(hash=new)) != 1:
        raise WrongPassword


async def change(database: Database, outbox: Outbox, caller: Principal, current: str, new: str) -> None:
    """Replace the caller's password and end all other sessions (ASVS 6.2.2, 6.2.3, 7.4.3).

    Raises WrongPassword, Unprocessable, TooManyRequests, Unavailable.
    """
    key = canonical(caller.account.email or str(caller.user_id))
    await _throttle(database, key)
    found = await _find(database, User.id == caller.user_id)
    if found is None or not (await _compare(database, key, current, found[1]))[0]:
        await _fail(database, key, "change_password")
        raise WrongPassword
    await limits.forget(database, "login_failures", key)
    if new == current:
        raise Unprocessable("The new password is the current one.", code="password_unchanged")
    stored = await hash_chosen(new, email=caller.account.email)
    async with database.transaction() as db:
        await _replace(db, *found, stored)
        await db.execute(update(Password).where(Password.user_id == caller.user_id).values(changed_at=now()))
        notices = await _end_what_was(db, caller.user_id, keep=caller.credential)
    _send(outbox, notices)


async def forget(database: Database, outbox: Outbox, address: str) -> None:
    """Mail a reset code to the account's own address, if there is an account; change nothing else (CS FP-2)."""
    key = canonical(address)
    await limits.hit(database, "mail_account", Purpose.RESET_PASSWORD, key)
    async with database.transaction() as db:
        user = await db.scalar(select(User).where(User.email_key == key, User.is_active.is_(True)))
        code = await (create_reset(db, user) if user else _create_nothing(db, key))
    if user and user.email:
        outbox.send(mails.reset_password(user.email, code))


async def _create_nothing(db: AsyncSession, key: str) -> str:
    # The same write for an unknown address, so that neither time nor load tells (ASVS 6.3.8).
    return await one_time.create(db, Purpose.RESET_PASSWORD, key, {}, life=timedelta(minutes=1))


async def create_reset(db: AsyncSession, user: User) -> str:
    """Return a code that sets the user's password, once, bound to the address of now (ASVS 6.4.3)."""
    data = {"user_id": str(user.id), "email_key": user.email_key}
    life = timedelta(minutes=PasswordSettings.get().reset_minutes)
    return await one_time.create(db, Purpose.RESET_PASSWORD, str(user.id), data, life=life)


async def reset(database: Database, outbox: Outbox, code: str, new: str) -> None:
    """Set a new password with a mailed code, end every session and lift a pause. Logs nobody in (ASVS 6.3.6).

    Raises InvalidToken, Unprocessable (which uses nothing up) and Unavailable.
    """
    async with database.reading() as db:
        email = (await _owner_of(db, code)).email
    stored = await hash_chosen(new, email=email)
    async with database.transaction() as db:
        # Looked at again: during the hash the account may have been disabled, or given another address.
        user = await _owner_of(db, code)
        await one_time.take(db, Purpose.RESET_PASSWORD, code)
        await db.merge(Password(user_id=user.id, hash=stored, changed_at=now()))
        notices = await _end_what_was(db, user.id)
    # First: if the pause cannot be lifted, the owner is told of the change all the same (ASVS 6.3.7).
    _send(outbox, notices)
    await limits.forget(database, "login_failures", user.email_key or "")


async def _owner_of(db: AsyncSession, code: str) -> User:
    data = await one_time.find(db, Purpose.RESET_PASSWORD, code)
    user = await db.get(User, UUID(data["user_id"])) if data else None
    # A code for an address that the account no longer has, or for a disabled account, is void (ASVS 6.6.2).
    if data is None or user is None or not user.is_active or user.email_key != data["email_key"]:
        raise InvalidToken
    return user


async def _end_what_was(db: AsyncSession, user_id: UUID, *, keep: str | None = None) -> list[Message]:
    await one_time.discard(db, str(user_id))
    await end_access(db, user_id, keep=keep)
    audit.record(db, Event.PASSWORD_CHANGED, user_id)
    return await _notices(db, user_id, mails.password_changed)


async def _notices(db: AsyncSession, user_id: UUID, notice: mails.Notice) -> list[Message]:
    address = (await db.get_one(User, user_id)).email
    return [notice(address)] if address else []


def _send(outbox: Outbox, messages: list[Message]) -> None:
    # After the commit: a mail must not tell of what was rolled back.
    for message in messages:
        outbox.send(message)
