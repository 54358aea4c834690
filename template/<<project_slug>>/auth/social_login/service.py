"""Accounts and the identities that open them.

An identity opens the account it belongs to. A new one makes a new account, with the address if the provider has proved
it; an unproved address waits for our own mail. It never joins an account that somebody can log in to already: its owner
logs in and links it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import compare_digest
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import ColumnElement

from ...audit import service as audit
from ...audit.events import Event
from ...db import Database, affected
from ...errors import AppError, Conflict, NotFound, TooManyRequests
from ...limits import service as limits
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
from ..tokens.schemas import TokensOut
from ..tokens.service import start_session
from . import mails
from .models import SocialIdentity
from .provider import Identity
from .providers import PROVIDERS, configured
from .transaction import challenge_of

CLAIM_LIFE = timedelta(hours=24)


class LoginRefused(AppError):
    """A good login at the provider that does not open the account it leads to."""

    def __init__(self, user_id: UUID) -> None:
        self.user_id = user_id
        super().__init__()


class LinkRequired(LoginRefused):
    """The address has an account. Its owner can log in as usual and link; only they learn of the account (SO-7)."""

    status = 409
    code = "link_required"
    detail = "There is an account with this address. Log in to it, then link this sign-in."


class IdentityInUse(Conflict):
    """The identity belongs to another account."""

    code = "identity_in_use"
    detail = "This sign-in belongs to another account."


class AlreadyLinked(Conflict):
    """The account has an identity at this provider."""

    code = "already_linked"
    detail = "Your account has a sign-in of this provider. Remove that one first."


class LastLoginMethod(Conflict):
    """Without this identity nobody could log in to the account."""

    code = "last_login_method"
    detail = "This is the only way to log in to your account. Add another one first."


class AccountUnavailable(LoginRefused):
    """A good login to an account that is disabled."""

    status = 403
    code = "account_unavailable"
    detail = "This account cannot be used."


@dataclass(frozen=True, slots=True)
class Opened:
    """What a one-time code held."""

    provider: str
    identity: Identity


async def open_code(database: Database, code: str, verifier: str) -> Opened:
    """Use a code up, and return what it held if the verifier fits. Raises InvalidToken.

    The verifier keeps an attacker from logging another browser in to their own account with their code. A wrong
    verifier uses the code up.
    """
    async with database.transaction() as db:
        data = await one_time.find(db, Purpose.SOCIAL_CODE, code)
        if data is None:
            raise InvalidToken
        await one_time.take(db, Purpose.SOCIAL_CODE, code)
    if not compare_digest(challenge_of(verifier), data["challenge"]):
        raise InvalidToken
    return Opened(data["provider"], Identity(**data["identity"]))


async def log_in(database: Database, outbox: Outbox, opened: Opened, *, previous: Principal | None) -> TokensOut:
    """Log in to the identity's account, which is made if there is none.

    Raises LinkRequired, AccountUnavailable.
    """
    claimed = await _claimed(database, opened.identity)
    try:
        tokens, message = await _try_twice(database, opened, claimed, previous)
    except LoginRefused as refused:
        details = {"method": "social_login", "provider": opened.provider, "reason": refused.code}
        async with database.transaction() as db:
            audit.record(db, Event.LOGIN_FAILED, refused.user_id, **details)
        raise
    outbox.send(message)
    return tokens


async def _claimed(database: Database, identity: Identity) -> str | None:
    """Return the address to prove by mail; None if it may get no more mails, and the last mail's code stays valid."""
    if identity.email is None or await _needs_no_mail(database, identity):
        return None
    try:
        # First by requester: one identity may come with another stranger's mailbox at each login. Counted by itself, so
        # that logins do not keep their neighbours from asking for a reset.
        await limits.hit(database, "mail", Purpose.SOCIAL_EMAIL, limits.client_network())
        await flooding.hit(database, Purpose.SOCIAL_EMAIL, canonical(identity.email))
    except TooManyRequests:
        return None  # strangers who enter this address elsewhere must not keep its owner from logging in
    return identity.email


async def _needs_no_mail(database: Database, identity: Identity) -> bool:
    # A first look, before anything is counted: most who log in have proved an address long ago.
    async with database.reading() as db:
        account = (await db.execute(select(User.email_key).join(SocialIdentity).where(_is(identity)))).first()
    return identity.is_email_proved if account is None else account.email_key is not None


async def _try_twice(
    database: Database, opened: Opened, claimed: str | None, previous: Principal | None
) -> tuple[TokensOut, Message | None]:
    try:
        return await _try_log_in(database, opened, claimed, previous)
    except (SQLAlchemyError, LinkRequired):
        # Another tab made the account in the meantime, or somebody proved the address. The code is used up, so
        # the client cannot try again.
        return await _try_log_in(database, opened, claimed, previous)


async def _try_log_in(
    database: Database, opened: Opened, claimed: str | None, previous: Principal | None
) -> tuple[TokensOut, Message | None]:
    async with database.transaction() as db:
        message, user = None, await _owner_of(db, opened.identity)
        if user is None:
            message, user = await _new_owner(db, opened)
        if not user.is_active:
            raise AccountUnavailable(user.id)
        if claimed and not user.email:
            message = await _claim(db, user, claimed)
        audit.record(db, Event.LOGIN, user.id, method="social_login", provider=opened.provider)
        return await start_session(db, user.id, previous=previous, auth_time=_auth_time(opened.identity)), message


def _auth_time(identity: Identity) -> datetime | None:
    # A login that the provider's own session answered is no newer than that (ASVS 6.8.4, 7.5.3).
    return None if identity.proved_at is None else datetime.fromtimestamp(identity.proved_at, UTC)


def _is(identity: Identity) -> ColumnElement[bool]:
    return (SocialIdentity.issuer == identity.issuer) & (SocialIdentity.subject == identity.subject)


async def _owner_of(db: AsyncSession, identity: Identity) -> User | None:
    owner_id = await db.scalar(select(SocialIdentity.user_id).where(_is(identity)))
    owner = await locked(db, owner_id) if owner_id else None
    # Checked again: the identity may have been unlinked before the account was locked.
    refreshed = update(SocialIdentity).where(_is(identity), SocialIdentity.user_id == owner_id)
    if owner and await affected(db, refreshed.values(name=identity.name, picture=identity.picture)):
        return owner
    return None


async def _new_owner(db: AsyncSession, opened: Opened) -> tuple[Message | None, User]:
    """Return the account that the identity is added to, and what to tell whoever had it before (ASVS 6.3.7)."""
    known = await _of_address(db, opened.identity)
    user = known or await _create(db, opened.identity)
    await _add(db, user.id, opened)
    return mails.linked(known.email, _title_of(opened.provider)) if known and known.email else None, user


async def _of_address(db: AsyncSession, identity: Identity) -> User | None:
    """Return the account that has this proved address and that nobody can log in to yet.

    An operator makes such accounts. Raises LinkRequired for any other, and where another mailbox was proved.
    """
    if not identity.is_email_proved or identity.email is None:
        return None
    known = select(User).where(User.email_key == canonical(identity.email))
    owner = await db.scalar(known.with_for_update(key_share=True))
    if owner and (
        _mailbox(owner.email) != _mailbox(identity.email)
        or await _has_identity(db, owner.id)
        or await _has_other_login(db, owner.id)
    ):
        raise LinkRequired(owner.id)
    return owner


def _mailbox(address: str | None) -> bytes:
    # Addresses with one key may be two mailboxes: `\u017fam@` is folded to `sam@`, but may be another person's there.
    return (address or "").partition("@")[0].encode().lower()  # ASCII letters only


async def _create(db: AsyncSession, identity: Identity) -> User:
    email = identity.email if identity.is_email_proved else None
    user = User(email=email, email_key=canonical(email) if email else None, name=identity.name)
    db.add(user)
    await db.flush()
    audit.record(db, Event.REGISTERED, user.id)
    return user


async def _add(db: AsyncSession, user_id: UUID, opened: Opened) -> None:
    identity = opened.identity
    known = {"issuer": identity.issuer, "subject": identity.subject, "name": identity.name, "picture": identity.picture}
    db.add(SocialIdentity(user_id=user_id, provider=opened.provider, **known))
    await db.flush()
    audit.record(db, Event.IDENTITY_LINKED, user_id, provider=opened.provider, subject=identity.subject)


async def _has_identity(db: AsyncSession, user_id: UUID) -> bool:
    return bool(await db.scalar(select(exists().where(SocialIdentity.user_id == user_id))))


async def _can_sign_in(db: AsyncSession, user_id: UUID) -> bool:
    # A provider that is no longer configured, or trusts another issuer by now, lets nobody in.
    statement = select(SocialIdentity.provider, SocialIdentity.issuer).where(SocialIdentity.user_id == user_id)
    providers = {each.name: each for each in configured()}
    return any(name in providers and providers[name].accepts(issuer) for name, issuer in await db.execute(statement))


async def _has_other_login(db: AsyncSession, user_id: UUID) -> bool:
    hooks = dict.fromkeys(method.has_login for method in METHODS if method.has_login)
    return any([await hook(db, user_id) for hook in hooks])


async def _claim(db: AsyncSession, user: User, email: str) -> Message:
    """Return the mail that proves the address of an account without one; its code voids the earlier one."""
    code = await of_account.create(db, Purpose.SOCIAL_EMAIL, user, {"email": email}, life=CLAIM_LIFE)
    return mails.prove_address(email, code)


async def confirm_email(database: Database, caller: Principal, code: str) -> None:
    """Give the caller's account the address that a mail has proved. Raises InvalidToken, AccessEnded.

    Only the account that the code was made for can use it: otherwise the owner of the address could be tricked into
    giving it to a stranger's account.
    """
    try:
        async with database.transaction() as db:
            user, data = await of_account.owner_of(db, Purpose.SOCIAL_EMAIL, code)
            if user.id != caller.user_id or user.email:
                raise InvalidToken
            await confirm(db, caller)
            user.email, user.email_key = data["email"], canonical(data["email"])
            audit.record(db, Event.EMAIL_CHANGED, user.id)
            # Last: if the address has another account, nothing is used up.
            await db.flush()
            await one_time.take(db, Purpose.SOCIAL_EMAIL, code)
    except IntegrityError:
        raise InvalidToken from None  # the address has another account


async def link(database: Database, outbox: Outbox, caller: Principal, opened: Opened) -> None:
    """Add an identity to the caller's account. Raises IdentityInUse, AlreadyLinked, AccessEnded."""
    try:
        async with database.transaction() as db:
            await confirm(db, caller)
            await _refuse_used(db, caller, opened.identity)
            await _add(db, caller.user_id, opened)
    except IntegrityError:
        async with database.reading() as db:
            await _refuse_used(db, caller, opened.identity)  # somebody else has just linked it
        raise AlreadyLinked from None
    _tell(outbox, caller, mails.linked, opened.provider)


async def _refuse_used(db: AsyncSession, caller: Principal, identity: Identity) -> None:
    # Without locking it: two who link what the other has would each wait for the other.
    owner_id = await db.scalar(select(SocialIdentity.user_id).where(_is(identity)))
    if owner_id not in (None, caller.user_id):
        raise IdentityInUse


async def unlink(database: Database, outbox: Outbox, caller: Principal, provider: str) -> None:
    """Remove an identity from the caller's account, configured or not, and end all other access (ASVS 7.4.3).

    Raises NotFound, LastLoginMethod, AccessEnded.
    """
    statement = delete(SocialIdentity).where(
        SocialIdentity.user_id == caller.user_id, SocialIdentity.provider == provider
    )
    async with database.transaction() as db:
        await confirm(db, caller)
        if not await affected(db, statement):
            raise NotFound
        if not await _can_sign_in(db, caller.user_id) and not await _has_other_login(db, caller.user_id):
            raise LastLoginMethod
        # A thief who linked their own identity may be logged in with it.
        await end_access(db, caller.user_id, keep=caller.credential)
        audit.record(db, Event.IDENTITY_UNLINKED, caller.user_id, provider=provider)
    _tell(outbox, caller, mails.unlinked, provider)


def _tell(outbox: Outbox, caller: Principal, notice: Callable[[str, str], Message], provider: str) -> None:
    if caller.account.email:
        outbox.send(notice(caller.account.email, _title_of(provider)))


def _title_of(provider: str) -> str:
    known = PROVIDERS.get(provider)
    return known.title if known else provider


async def list_identities(db: AsyncSession, caller: Principal) -> Sequence[SocialIdentity]:
    """Return the caller's identities."""
    statement = select(SocialIdentity).where(SocialIdentity.user_id == caller.user_id)
    return (await db.scalars(statement.order_by(SocialIdentity.created_at))).all()
