"""Log in with a password: counted, compared once, and decided in one transaction."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from ...audit import service as audit
from ...audit.events import Event, log_event
from ...db import Database, affected
from ...errors import TooManyRequests, Unavailable
from ...limits import service as limits
from ...mail.messages import Message
from ...mail.outbox import Outbox
from ...users.email import canonical
from ...users.models import User
from ..accounts import locked
from . import failures, mails
from .chosen import verify
from .models import Password

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
    await throttle(database, key)
    found = await find(database, User.email_key == key)
    is_right, better = await verify(password, found[1] if found else None)
    failed = await count_failures(database, key, is_right=is_right)
    if not (is_right and found):
        await fail(database, key if found else "", method)
        raise WrongPassword
    if failed:
        await failures.forget(database, key)
    async with database.transaction() as db:
        # Looked at again: a reset, a change or a disabling that came during the hash must win (ASVS 15.4.2).
        await replace(db, *found, better or found[1])
        notices = await _succeed(db, found[0], failed, method)
        yield db, found[0]
    # Counted without refusing: guesses in turn with the owner must neither flood the mailbox nor shut the owner out.
    if notices and await _may_tell(database, key):
        send(outbox, notices)


async def _may_tell(database: Database, key: str) -> bool:
    try:
        return await limits.allows(database, "mail_account", "guessed", key)
    except (Unavailable, SQLAlchemyError):
        return True  # the login is committed: its client must get the tokens, and its owner the warning


async def throttle(database: Database, key: str) -> None:
    """Count an attempt, by account and address. Raises TooManyRequests."""
    await limits.hit(database, "login_account", key, limits.client_network())


async def count_failures(database: Database, key: str, *, is_right: bool) -> int:
    """Count a wrong password; return how many failures in a row came before it. Raises TooManyRequests after too many.

    After the comparison, since an outage or an overload, which compares nothing, must not add up to a pause; and before
    its outcome is told, so that of many guesses at once only the limit's number are answered.
    """
    most = limits.amount("login_failures")
    failed = await failures.so_far(database, key)
    # In a pause right and wrong cost the same: the time must not tell which it was.
    if not is_right and failed < most:
        failed = await failures.count(database, key) - 1
    if failed >= most:
        log_event(Event.LOGIN_PAUSED, account=masked(key))
        raise TooManyRequests(PAUSE)
    return failed


async def find(database: Database, whose: ColumnElement[bool]) -> tuple[UUID, str] | None:
    """Return user and stored hash of a usable account with a password."""
    statement = select(Password.user_id, Password.hash).join(User).where(whose, User.is_active.is_(True))
    async with database.autocommit.connect() as connection:
        row = (await connection.execute(statement)).first()
    return (row[0], row[1]) if row else None


async def fail(database: Database, key: str, method: str) -> None:
    """Record a wrong password for an account, or without a key for none."""
    async with database.transaction() as db:
        audit.record(db, Event.LOGIN_FAILED, None, account=masked(key), method=method)


def masked(address: str) -> str:
    """Return an address fit for logs: enough to recognise, too little to write to.

    Nothing of what is no account's: it may be a password that went into the wrong field (ASVS 16.2.5).
    """
    local, at, domain = address.partition("@")
    return f"{local[:1]}***{at}{domain}"


async def _succeed(db: AsyncSession, user_id: UUID, failed: int, method: str) -> list[Message]:
    audit.record(db, Event.LOGIN, user_id, method=method)
    if failed < FAILURES_TO_TELL:
        return []
    audit.record(db, Event.LOGIN_AFTER_FAILURES, user_id, failures=failed)
    return await notice_to(db, user_id, mails.guessed)


async def replace(db: AsyncSession, user_id: UUID, verified: str, new: str) -> None:
    """Store a hash in place of the one that was verified. Raises WrongPassword when it is there no longer."""
    user = await locked(db, user_id)
    statement = update(Password).where(Password.user_id == user_id, Password.hash == verified)
    if user is None or not user.is_active or await affected(db, statement.values(hash=new)) != 1:
        raise WrongPassword


async def notice_to(db: AsyncSession, user_id: UUID, notice: mails.Notice) -> list[Message]:
    """Return a mail to the account's proved address, if it has one."""
    address = (await db.get_one(User, user_id)).email
    return [notice(address)] if address else []


def send(outbox: Outbox, messages: list[Message]) -> None:
    """Queue mails. After the commit: a mail must not tell of what was rolled back."""
    for message in messages:
        outbox.send(message)
