"""Change an account's e-mail address: our mail verifies the new one first, and the old one is notified."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ...audit import service as audit
from ...audit.events import Event
from ...db import Database
from ...mail import flooding
from ...mail.outbox import Outbox
from ...users.email import canonical
from ...users.models import User
from .. import credentials, one_time
from ..one_time import InvalidToken, Purpose, of_account
from ..principal import Principal
from . import failures, mails
from .login import masked
from .settings import PasswordSettings


async def request(database: Database, outbox: Outbox, caller: Principal, email: str) -> None:
    """Mail a code to the new address; if it belongs to another account, notify its owner, not the caller (6.3.8).

    Raises TooManyRequests, AccessEnded.
    """
    key = canonical(email)
    await flooding.hit(database, Purpose.CHANGE_EMAIL, key)
    life = timedelta(hours=PasswordSettings.get().verify_hours)
    async with database.transaction() as db:
        # Otherwise a code could be made after those of the sessions that are being ended were voided (ASVS 7.4.3).
        await credentials.confirm(db, caller)
        owner = await db.scalar(select(User).where(User.email_key == key))
        is_free = owner is None or owner.id == caller.user_id
        # Also for an address in use, so that timing reveals nothing; that code is mailed to nobody.
        code = await of_account.create(db, Purpose.CHANGE_EMAIL, caller.account, {"email": email}, life=life)
    taken = owner.email if owner and not is_free else None
    outbox.send(mails.address_in_use(taken) if taken else mails.confirm_new_address(email, code))


async def confirm(database: Database, outbox: Outbox, caller: Principal, code: str) -> None:
    """Give the caller's account the verified address and end its other sessions.

    Only the account that asked can confirm: otherwise the owner of the new address could be tricked into giving it to a
    stranger's account. Raises InvalidToken, AccessEnded, Unavailable.
    """
    try:
        async with database.transaction() as db:
            previous, key = await _move(db, caller, code)
    except IntegrityError:
        raise InvalidToken from None
    outbox.send(mails.address_changed(previous) if previous else None)
    await failures.forget(database, key)  # as after a sign-up


async def _move(db: AsyncSession, caller: Principal, code: str) -> tuple[str | None, str]:
    user, data = await of_account.owner_of(db, Purpose.CHANGE_EMAIL, code)
    if user.id != caller.user_id:
        raise InvalidToken
    await credentials.confirm(db, caller)
    previous, key = user.email, canonical(data["email"])
    user.email, user.email_key = data["email"], key
    await credentials.end_access(db, user.id, keep=caller.credential)
    audit.record(db, Event.EMAIL_CHANGED, user.id, was=masked(previous or ""))
    # Last: if the database refuses, nothing is used up.
    await db.flush()
    await one_time.take(db, Purpose.CHANGE_EMAIL, code)
    await one_time.discard(db, str(user.id))
    return previous, key
