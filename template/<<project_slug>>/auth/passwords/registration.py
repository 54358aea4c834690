"""Sign up, and verify the e-mail address.

Until it is verified there is no account, only a claim that expires. Twenty claims to one address create one account.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ...audit import service as audit
from ...audit.events import Event
from ...db import Database
from ...limits.service import client_network
from ...mail import flooding
from ...mail.outbox import Outbox
from ...users.email import canonical
from ...users.models import User
from .. import one_time
from ..one_time import InvalidToken, Purpose
from . import failures, mails
from .chosen import check_chosen, hash_chosen, verify
from .models import Password
from .settings import PasswordSettings


async def register(database: Database, outbox: Outbox, email: str, password: str) -> None:
    """Claim an address: mail a code to it, or tell its owner that there is already an account.

    Both look the same to the caller and cost the same. Raises Unprocessable for a weak password, TooManyRequests and
    Unavailable.
    """
    key = canonical(email)
    check_chosen(password, email=email)  # before the limit: trying several passwords must not exhaust it
    await flooding.hit(database, Purpose.REGISTER, key)
    stored = await hash_chosen(password, email=email)
    async with database.transaction() as db:
        owner = await db.scalar(select(User).where(User.email_key == key))
        code = await _claim(db, key, {"email": email, "hash": stored} if owner is None else {})
    outbox.send(mails.prove_address(email, code) if owner is None else mails.already_registered(owner.email or email))


async def _claim(db: AsyncSession, key: str, data: dict[str, str]) -> str:
    life = timedelta(hours=PasswordSettings.get().verify_hours)
    # One per requester: a stranger elsewhere who signs up with the address must not void the code mailed to its owner.
    return await one_time.create(db, Purpose.REGISTER, f"{key} {client_network()}", data, life=life)


async def prove(database: Database, code: str, password: str) -> None:
    """Turn a claim into an account. Needs the password of the sign-up, so that a click alone does nothing.

    Raises InvalidToken for a bad code and for a wrong password alike, Unavailable.
    """
    async with database.reading() as db:
        claim = await one_time.find(db, Purpose.REGISTER, code)
    if not claim:
        raise InvalidToken  # before the hash, which is dear: made-up codes must not keep logins waiting
    is_right, _ = await verify(password, claim["hash"])
    if not is_right:
        raise InvalidToken
    try:
        async with database.transaction() as db:
            await create_user(db, claim["email"], claim["hash"])
            # Last: if the database refuses, nothing is used up.
            await one_time.take(db, Purpose.REGISTER, code)
    except IntegrityError:
        # Another claim to the same address was verified in the meantime.
        raise InvalidToken from None
    # Guesses at the address before it had an account must not pause the account. Not earlier: a claim to a look-alike
    # of an address must not reset the count of the account that has it.
    await failures.forget(database, canonical(claim["email"]))


async def create_user(db: AsyncSession, email: str, stored: str) -> User:
    """Create the account of a verified address. Raises IntegrityError if the address has one."""
    user = User(email=email, email_key=canonical(email))
    db.add(user)
    await db.flush()
    db.add(Password(user_id=user.id, hash=stored))
    audit.record(db, Event.REGISTERED, user.id)
    return user
