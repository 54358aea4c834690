"""Issue and read signed access tokens (RFC 9068).

PyJWT checks the signature, with the key's one algorithm, and refuses `crit`. What it does not check is checked here:
the exact form, `typ` and the type of every claim (RFC 8725; ASVS 9.1, 9.2).
"""

import json
import re
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import jwt
from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ...clock import now
from ...db import NOW, Database
from ...users.models import User
from ..lookup import JoinedLookup, row_query
from ..principal import Principal
from ..tokens.header import MAX_TOKEN_LENGTH
from ..tokens.models import Session
from ..tokens.sessions import LEEWAY, SESSION_COLUMNS, invalid_token, is_alive, principal_of
from .keys import Key
from .memory import Claims, SignatureMemory
from .settings import JWTSettings

TYPE = "at+jwt"
CLIENT_ID = "first-party"
"""There is no client registry: every client is this project's own (RFC 9068 requires the claim)."""

# PyJWT accepts a trailing `=`, so one token would have two spellings and a deny-list by spelling would leak. It accepts
# UTF-16, too (RFC 8725, section 3.7); `ey` is the start of a JSON object in UTF-8.
_COMPACT = re.compile(r"ey[A-Za-z0-9_-]+\.ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TEXT_CLAIMS = ("iss", "sub", "aud", "client_id", "jti", "sid", "scope")
_TIME_CLAIMS = ("exp", "iat", "auth_time")
_MAX_TIME = 1 << 40
_JWS = jwt.PyJWS()

_BY_ID = select(*SESSION_COLUMNS).join(User).where(Session.id.in_(bindparam("keys", expanding=True)), is_alive(NOW))


class _Refused(Exception):
    """Why a token is refused; never shown to the client."""


def lookup(database: Database) -> JoinedLookup[UUID, Row[Any]]:
    """Return the joined lookup of sessions by id."""
    return JoinedLookup(row_query(database, _BY_ID, "id"))


async def issue(db: AsyncConnection, session: Session, scope: str, ends: datetime) -> str:
    """Return a new access token for the session, with the claims of RFC 9068, section 2.2, and no personal data."""
    settings = JWTSettings.get()
    claims = {
        "iss": settings.issuer,
        "sub": str(session.user_id),
        "aud": settings.audience,
        "client_id": CLIENT_ID,
        "exp": _seconds(ends),
        "iat": _seconds(now()),
        "jti": str(uuid4()),
        "sid": str(session.id),
        "scope": scope,
        "auth_time": _seconds(session.auth_time),
    }
    key = settings.signing_key
    return jwt.encode(claims, key.signing, key.algorithm, {"typ": TYPE, "kid": key.kid})


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


async def read(database: Database, token: str) -> Principal:
    """Return the caller. Raises InvalidCredential; every reason but expiry looks the same from outside."""
    try:
        claims = _memory(JWTSettings.get()).claims_of(token)
    except _Refused as refused:
        raise invalid_token(detail=str(refused)) from None
    moment = now().timestamp()
    if claims["exp"] <= moment:
        raise invalid_token("The access token expired", session_id=claims["sid"])
    if claims["iat"] > moment + LEEWAY:
        raise invalid_token()
    row = await database.part(lookup).get(claims["sid"])
    if row is None or row.user_id != claims["sub"]:
        raise invalid_token(session_id=claims["sid"])
    return principal_of(row, granted=claims["scope"])


@cache
def _memory(settings: JWTSettings) -> SignatureMemory:
    return SignatureMemory(lambda token: _verify(settings, token))


def _verify(settings: JWTSettings, token: str) -> Claims:
    """Return the claims of a token that we signed, `sub` and `sid` as UUIDs. Raises _Refused."""
    if len(token) > MAX_TOKEN_LENGTH or not _COMPACT.fullmatch(token):
        raise _Refused("form")
    try:
        header = jwt.get_unverified_header(token)
        key = _key_for(settings, header)
        claims = json.loads(_JWS.decode(token, key.verifying, [key.algorithm]))
        return _checked(settings, claims)
    # On hostile input, PyJWT lets more than its own errors escape.
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise _Refused(type(error).__name__) from None


def _key_for(settings: JWTSettings, header: dict[str, Any]) -> Key:
    # ASVS 9.1.2, 9.1.3: key and algorithm are ours to choose; `jwk`, `jku` and `x5u` are never looked at.
    key = settings.keys[header["kid"]]
    kind = str(header["typ"]).lower().removeprefix("application/")
    if kind != TYPE:
        raise _Refused("header")
    return key


def _checked(settings: JWTSettings, claims: dict[str, Any]) -> Claims:
    texts = all(type(claims[name]) is str for name in _TEXT_CLAIMS)
    times = all(type(claims[name]) is int and 0 <= claims[name] < _MAX_TIME for name in _TIME_CLAIMS)
    ours = claims["iss"] == settings.issuer and claims["aud"] == settings.audience
    if not (texts and times and ours and claims["client_id"] == CLIENT_ID) or "nbf" in claims:
        raise _Refused("claims")
    return claims | {"sub": UUID(claims["sub"]), "sid": UUID(claims["sid"])}


async def session_of(db: AsyncSession, token: str) -> tuple[UUID, UUID] | None:
    """Return user and session of an access token, an expired one included; None for one that is not ours."""
    try:
        claims = _memory(JWTSettings.get()).claims_of(token)
    except _Refused:
        return None
    statement = select(Session.user_id, Session.id).where(Session.id == claims["sid"])
    return (await db.execute(statement)).first()
