"""Start, refresh, list and end sessions.

A refresh token works once. Using a spent one means that two parties hold it, and nobody can tell which is the thief:
the whole session ends (RFC 9700, section 4.14; ASVS 10.4.5). There is no grace window: a client must not refresh the
same token twice in parallel.

A refresh token is `rt_<family>.<secret>`, both random. The session's row has the digests of its family and of the one
token that works, so spent tokens are recognised for as long as the session lives, without being stored.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from starlette.datastructures import Headers

from ...audit import service as audit
from ...audit.events import Event, log_event
from ...clock import now
from ...current_request import current_request
from ...db import NOW, Database, affected
from ...digests import digest
from ...errors import NotFound
from ...mail.outbox import Outbox
from ...users.models import User
from .. import one_time
from ..accounts import locked
from ..one_time import Purpose
from ..principal import Principal
from ..scopes import Scope, scopes_of
from .format import access
from .mails import device_logged_out
from .models import Session
from .schemas import TokensOut
from .sessions import LEEWAY, METHOD, is_alive
from .settings import TokenSettings

PREFIX = "rt_"
"""Makes a leaked token recognisable, and distinguishes it from an access token without a lookup."""

_OF_FAMILY = (
    select(
        *(Session.id, Session.user_id, Session.scope, Session.auth_time, Session.expires_at),
        *(User.roles, is_alive(NOW).label("alive")),
    )
    .join(User)
    .where(Session.refresh_family == bindparam("family"))
)
# By the session's key, like the statement that ends it: by the index of families, the two would deadlock.
_SPEND = (
    update(Session)
    .where(Session.id == bindparam("session"), Session.refresh_digest == bindparam("spent"))
    .values(refresh_digest=bindparam("next"), idle_until=bindparam("until"))
)


class InvalidGrant(Exception):
    """A refresh token that is unknown, spent, expired or of an ended session; callers must not reveal which."""


class InvalidScope(Exception):
    """A login's scope that leaves nothing, or a refresh's that was not granted at login (RFC 6749, sections 3.3, 6)."""


class _Reused(Exception):
    def __init__(self, session_id: UUID, user_id: UUID) -> None:
        self.session_id = session_id
        self.user_id = user_id


def _family_of(token: str) -> str:
    return token.partition(".")[0]


def _new_token(family: str) -> str:
    return f"{family}.{token_urlsafe(32)}"


async def start_session(
    db: AsyncSession,
    user_id: UUID,
    *,
    scopes: frozenset[Scope] | None = None,
    previous: Principal | None = None,
    auth_time: datetime | None = None,
) -> TokensOut:
    """Begin a session for a user who has just logged in; part of the caller's transaction.

    `auth_time` is when they proved who they are, if that was not now.

    `scopes` narrows what the session may do; beyond the user's rights it grants nothing, and if nothing is left it
    raises InvalidScope; NotFound if the account is gone or disabled. The session of `previous`, whose token was sent
    with the login, ends if it is the same user's (ASVS 7.2.4). One login at a time per account: otherwise parallel
    ones would miscount the sessions (ST-7).
    """
    user = await locked(db, user_id)
    if user is None or not user.is_active:
        raise NotFound  # since it was looked at; enabled again, it must not have this session (ASVS 7.4.2)
    held = scopes_of(user.roles)
    granted = held if scopes is None else held & scopes
    if scopes is not None and not granted:
        raise InvalidScope  # RFC 6749, section 3.3, has no empty scope
    if previous is not None and (id_ := session_id_of(previous)):
        await end_session(db, user_id, id_)
    token = _new_token(PREFIX + token_urlsafe(32))
    session = _new_session(user.id, " ".join(sorted(granted)), token, auth_time)
    db.add(session)
    await db.flush()
    await _end_oldest(db, session)
    audit.record(db, Event.TOKEN_CREATED, user.id, session=str(session.id))
    return await _hand_out(await db.connection(), session, session.scope, token)


def _new_session(user_id: UUID, scope: str, token: str, auth_time: datetime | None) -> Session:
    start = now()
    ends = start + timedelta(days=TokenSettings.get().session_days)
    return Session(
        user_id=user_id,
        scope=scope,
        auth_time=auth_time or start,
        idle_until=_idle_until(ends),
        expires_at=ends,
        refresh_family=digest(_family_of(token)),
        refresh_digest=digest(token),
        user_agent=_user_agent(),
    )


def _user_agent() -> str:
    """Return the User-Agent, printable and at most 200 characters; it is shown in the list of sessions."""
    sent = Headers(scope=current_request() or {"headers": []}).get("user-agent", "")
    return "".join(character for character in sent[:200] if character.isprintable())


def _idle_until(ends: datetime) -> datetime:
    return min(ends, now() + timedelta(days=TokenSettings.get().refresh_idle_days))


async def _end_oldest(db: AsyncSession, new: Session) -> None:
    # Never the new one, which looks older than others whose hosts' clocks were ahead.
    others = select(Session.id).where(Session.user_id == new.user_id, Session.id != new.id)
    newest_first = others.order_by(Session.created_at.desc())
    beyond = (await db.scalars(newest_first.offset(TokenSettings.get().sessions_per_user - 1))).all()
    if beyond:
        await db.execute(delete(Session).where(Session.id.in_(beyond)))
    for ended in beyond:
        audit.record(db, Event.TOKEN_REVOKED, new.user_id, session=str(ended), reason="too_many")


async def _hand_out(db: AsyncConnection, session: Session, scope: str, refresh_token: str) -> TokensOut:
    start = now()
    # No later than the session: other services, which verify by key, know no other end (ASVS 7.3.2).
    ends = min(start + TokenSettings.get().access_life, session.expires_at)
    access_token = await access.issue(db, session, scope, ends)
    life = int((ends - start).total_seconds())
    return TokensOut(access_token=access_token, refresh_token=refresh_token, expires_in=life, scope=scope)


async def refresh(database: Database, outbox: Outbox, token: str, *, scope: frozenset[str] | None = None) -> TokensOut:
    """Exchange a refresh token for new tokens, spending it.

    Raises InvalidGrant, after ending the session if the token was spent already, and InvalidScope, which spends
    nothing. `scope` narrows this access token only; the next refresh has the session's scope again.
    """
    try:
        # Without the ORM, with statements built once: every client does this every quarter of an hour.
        async with database.engine.begin() as db:
            session, tokens = await _rotate(db, token, scope)
    except InvalidGrant:
        log_event(Event.CREDENTIAL_REFUSED, reason="invalid_grant")
        raise
    except _Reused as reuse:
        # A separate transaction: the refusal must not roll back the revocation.
        async with database.transaction() as db:
            owner = await _end_family(db, reuse)
        if owner is None:
            log_event(Event.CREDENTIAL_REFUSED, reason="invalid_grant")
        elif owner.email:
            outbox.send(device_logged_out(owner.email))
        raise InvalidGrant from None
    # In the log alone: if it turns out that a thief did, it tells from where.
    log_event(Event.TOKEN_REFRESHED, user_id=session.user_id, session=session.id)
    return tokens


async def _rotate(db: AsyncConnection, token: str, scope: frozenset[str] | None) -> tuple[Session, TokensOut]:
    family = _family_of(token)
    row = (await db.execute(_OF_FAMILY, {"family": digest(family), "now": now()})).first()
    if row is None:
        raise InvalidGrant
    session = Session(
        id=row.id, user_id=row.user_id, scope=row.scope, auth_time=row.auth_time, expires_at=row.expires_at
    )
    successor = _new_token(family)
    await _spend(db, session, token, successor)
    # Begun by a clock that ran ahead, it would last, and count as a recent login, until that time has come and gone.
    if not row.alive or row.auth_time > now() + timedelta(seconds=LEEWAY):
        raise InvalidGrant
    at_login = frozenset(session.scope.split())
    if scope is not None and not scope <= at_login:
        raise InvalidScope
    # A role taken away since must not be signed again: other services trust the claim (ASVS 8.3.2, 10.4.11).
    granted = " ".join(sorted((at_login if scope is None else scope) & scopes_of(row.roles)))
    return session, await _hand_out(db, session, granted, successor)


async def _spend(db: AsyncConnection, session: Session, token: str, successor: str) -> None:
    values = {"next": digest(successor), "until": _idle_until(session.expires_at)}
    # One conditional UPDATE decides: of twenty parallel refreshes exactly one changes the row (ST-7).
    if not (await db.execute(_SPEND, {"session": session.id, "spent": digest(token), **values})).rowcount:
        raise _Reused(session.id, session.user_id)


async def _end_family(db: AsyncSession, reuse: _Reused) -> User | None:
    """End the session; return whom to notify, once. None if another request has ended it."""
    owner = await locked(db, reuse.user_id)
    if not await affected(db, delete(Session).where(Session.id == reuse.session_id)):
        return None
    audit.record(db, Event.TOKEN_REUSED, reuse.user_id, session=str(reuse.session_id))
    return owner


def session_id_of(caller: Principal) -> UUID | None:
    """Return the session behind the caller's credential; None for a credential of another kind."""
    return _as_id(caller.credential) if caller.method == METHOD else None


def _as_id(credential: str | None) -> UUID | None:
    try:
        return UUID(credential)
    except (TypeError, ValueError):
        return None


async def is_current(db: AsyncSession, caller: Principal) -> bool:
    """Tell whether the caller's session has not ended; True for a caller without one."""
    session_id = session_id_of(caller)
    return session_id is None or await db.scalar(select(Session.id).where(Session.id == session_id)) is not None


async def end_session(db: AsyncSession, user_id: UUID, session_id: UUID) -> bool:
    """End one of the user's sessions; takes effect on its next request. Return whether there was one."""
    await locked(db, user_id)  # what this session is having made, such as a key, is made before its end or not at all
    ended = await affected(db, delete(Session).where(Session.id == session_id, Session.user_id == user_id))
    if ended:
        audit.record(db, Event.TOKEN_REVOKED, user_id, session=str(session_id))
    return bool(ended)


async def end_sessions(db: AsyncSession, user_id: UUID, /, *, keep: str | None = None) -> None:
    """End all of the user's sessions except the one whose id is `keep`."""
    await locked(db, user_id)  # two that end the same sessions in different orders would deadlock
    others = delete(Session).where(Session.user_id == user_id)
    if kept := _as_id(keep):
        others = others.where(Session.id != kept)
    if await affected(db, others):
        audit.record(db, Event.TOKEN_REVOKED, user_id, sessions="all" if keep is None else "others")


async def log_out_everywhere(database: Database, user_id: UUID) -> None:
    """End all of the user's sessions, and void the codes that whoever held one may have asked for (ASVS 7.4.3)."""
    async with database.transaction() as db:
        await end_sessions(db, user_id)
    # Afterwards: while the store of the codes is down, a thief must not stay logged in.
    await void_codes(database, user_id)


async def void_codes(database: Database, user_id: UUID) -> None:
    """Void the user's codes that need a session. Not a reset: a thief would keep the owner from recovering."""
    async with database.transaction() as db:
        await one_time.discard(db, str(user_id), Purpose.CHANGE_EMAIL, Purpose.SOCIAL_EMAIL)


async def list_sessions(db: AsyncSession, user_id: UUID) -> Sequence[Session]:
    """Return the user's live sessions, newest first."""
    statement = select(Session).join(User).where(Session.user_id == user_id, is_alive())
    return (await db.scalars(statement.order_by(Session.created_at.desc()))).all()


async def session_of(db: AsyncSession, token: str) -> tuple[UUID, UUID] | None:
    """Return user and session of a token of either kind, even if spent or expired; None for an unknown one."""
    statement = select(Session.user_id, Session.id).where(Session.refresh_family == digest(_family_of(token)))
    return await access.session_of(db, token) or (await db.execute(statement)).first()
