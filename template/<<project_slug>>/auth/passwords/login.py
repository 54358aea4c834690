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
from ..accounts import is_usable, locked
from . import failures, mails
from .chosen import verify
from .models import Password

FAILURES_TO_TELL = 5
"""A success after this many failures in a row is reported to the user: somebody has been guessing (ASVS 6.3.5)."""
PAUSE = 3600
"""Seconds that a client is asked to wait while login is paused. Only a reset or a new address ends it sooner."""


class WrongPassword(Exception):
    """A wrong password, or an account that is unknown, disabled or without one: callers must answer all alike."""


@asynccontextmanager
async def authenticate(
    database: Database, outbox: Outbox, address: str, password: str, *, method: str
) -> AsyncGenerator[tuple[AsyncSession, UUID]]:
    """Check an address and a password, then open the transaction in which their user logs in.

    Yields the transaction and the user's id. Every call is counted and, unless a limit refuses it, compares
    one hash, whether the account exists or not. Raises WrongPassword, TooManyRequests, Unavailable.
    """
    email_key = canonical(address)
    await throttle(database, email_key)
    user_id, stored, failed = await match(database, email_key, User.email_key == email_key, password, method=method)
    async with database.transaction() as db:
        # Checked again: a reset, a change or a disabling during the hash must win (ASVS 15.4.2).
        await replace(db, user_id, stored, stored, method=method)
        notice = await _succeed(db, user_id, failed, method)
        yield db, user_id
    # Not before: a login that was rolled back is none, and nobody has been warned of what came before it.
    if failed:
        await failures.forget(database, email_key)
    # Counted without refusing: guesses between the owner's logins must not flood the mailbox or lock the owner out.
    if notice and await _may_tell(database, email_key):
        outbox.send(notice)


async def _may_tell(database: Database, email_key: str) -> bool:
    try:
        return await limits.allows(database, "mail_account", "guessed", email_key)
    except (Unavailable, SQLAlchemyError):
        return True  # the login is committed: its client must get the tokens, and its owner the warning


async def throttle(database: Database, email_key: str) -> None:
    """Count an attempt, per account and IP address. Raises TooManyRequests, also during a pause."""
    await limits.hit(database, "login_account", email_key, limits.client_network())
    # Before the comparison: during a pause, timing must not distinguish the right password from a wrong one.
    _refuse_in_pause(await failures.so_far(database, email_key))


def _refuse_in_pause(failed: int) -> None:
    if failed >= limits.amount("login_failures"):
        log_event(Event.LIMIT_EXCEEDED, limit="login_failures")
        raise TooManyRequests(PAUSE)


async def match(
    database: Database, email_key: str, whose: ColumnElement[bool], password: str, *, method: str
) -> tuple[UUID, str, int]:
    """Compare a password; return the user, the stored hash and the number of failures in a row before it.

    Raises WrongPassword, which is counted and recorded, TooManyRequests during a pause, and Unavailable.
    """
    found, is_right = await _compare(database, whose, password)
    # After the comparison, since an outage or overload, in which nothing is compared, must not lead to a pause; and
    # before the outcome is returned, so that no more parallel guesses are answered than the limit allows.
    failed = await failures.so_far(database, email_key) if is_right else await failures.count(database, email_key) - 1
    _refuse_in_pause(failed)
    if not (is_right and found):
        await _record_failure(database, found[0] if found else None, email_key, failed, method)
        raise WrongPassword
    return *found, failed


async def _compare(
    database: Database, whose: ColumnElement[bool], password: str
) -> tuple[tuple[UUID, str] | None, bool]:
    found = await _find(database, whose)
    is_right, better = await verify(password, found[1] if found else None)
    if not (found and better):
        return found, is_right
    async with database.transaction() as db:
        is_upgraded = await _stored_anew(db, *found, better)
    # Otherwise another login was quicker, or the password was changed: the hash stored now decides.
    return ((found[0], better), True) if is_upgraded else await _compare(database, whose, password)


async def _find(database: Database, whose: ColumnElement[bool]) -> tuple[UUID, str] | None:
    statement = select(Password.user_id, Password.hash).join(User).where(whose, is_usable())
    async with database.autocommit.connect() as connection:
        return (await connection.execute(statement)).first()


async def _record_failure(database: Database, user_id: UUID | None, email_key: str, failed: int, method: str) -> None:
    account = masked(email_key if user_id else "")
    # Once per pause, and only for accounts: further guesses must not raise further alarms. Before the transaction:
    # no later failure raises this alarm, and the database may refuse the row.
    if user_id and failed + 1 == limits.amount("login_failures"):
        log_event(Event.LOGIN_PAUSED, user_id=user_id, account=account)
    async with database.transaction() as db:
        audit.record(db, Event.LOGIN_FAILED, user_id, account=account, method=method, failures=failed + 1)


def masked(address: str) -> str:
    """Return an address fit for logs: enough to recognise, too little to write to.

    Never pass what is not an account's address: it may be a password typed into the wrong field (ASVS 16.2.5).
    """
    local, at, domain = address.partition("@")
    return f"{local[:1]}***{at}{domain}"


async def _succeed(db: AsyncSession, user_id: UUID, failed: int, method: str) -> Message | None:
    audit.record(db, Event.LOGIN, user_id, method=method)
    if failed < FAILURES_TO_TELL:
        return None
    audit.record(db, Event.LOGIN_AFTER_FAILURES, user_id, failures=failed)
    return await notice_to(db, user_id, mails.guessed)


async def replace(db: AsyncSession, user_id: UUID, verified: str, new: str, *, method: str) -> None:
    """Replace the verified hash by a new one. Raises WrongPassword when it is no longer the stored one."""
    user = await locked(db, user_id)
    if user is None or not user.is_active or not await _stored_anew(db, user_id, verified, new):
        log_event(Event.LOGIN_FAILED, user_id=user_id, method=method, reason="changed_meanwhile")
        raise WrongPassword


async def _stored_anew(db: AsyncSession, user_id: UUID, verified: str, new: str) -> bool:
    statement = update(Password).where(Password.user_id == user_id, Password.hash == verified)
    return await affected(db, statement.values(hash=new)) == 1


async def notice_to(db: AsyncSession, user_id: UUID, notice: mails.Notice) -> Message | None:
    """Return a mail to the account's e-mail address, if it has one."""
    address = (await db.get_one(User, user_id)).email
    return notice(address) if address else None
