"""A login in progress: one use, ten minutes, bound to the browser that began it and to the provider (RFC 9700, 4.7).

The browser keeps a random secret in a cookie, the provider returns `state`, and only the digests of both are stored.
Verifier and nonce are derived from the browser's secret, so what is stored is not enough to finish a login.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from secrets import token_urlsafe

from sqlalchemy.ext.asyncio import AsyncSession

from ...digests import digest
from ...errors import BadRequest
from .. import one_time
from ..one_time import InvalidToken, Purpose

COOKIE = "__Host-social-login"
"""The prefix makes browsers refuse it from any other host and without TLS (6265bis, section 4.1.3)."""
LIFE = timedelta(minutes=10)
MAX_UNDER_WAY = 5
"""Logins that a browser may have in progress, one per tab; a further one ends the oldest."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def set_cookie(browser: tuple[str, ...]) -> str:
    """Return the Set-Cookie header for the secrets of the logins in progress; none deletes it (6265bis, 4.1.2).

    Lax: the provider's redirect comes from another site, and Strict would withhold the cookie.
    """
    age = int(LIFE.total_seconds()) if browser else 0
    return f"{COOKIE}={'.'.join(browser)}; Max-Age={age}; Path=/; Secure; HttpOnly; SameSite=Lax"


def read_cookie(value: str | None) -> tuple[str, ...]:
    """Return the secrets that a browser sent, newest first, leaving out what does not have the form of ours."""
    return tuple(filter(_SECRET.fullmatch, (value or "").split(".")))[:MAX_UNDER_WAY]


class InvalidState(BadRequest):
    """No login of this browser at this provider: unknown, used, expired or another's, with one answer for all.

    It deletes the cookie, and so ends the logins of other tabs: a planted cookie must not stay.
    """

    code = "invalid_state"
    detail = "This login is not under way here, or took too long. Start again."

    def __init__(self) -> None:
        super().__init__(headers={"Set-Cookie": set_cookie(())})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a front end asked for."""

    provider: str
    target: str
    """The front end's address to return to."""
    challenge: str
    """The challenge of the front end's verifier."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A login in progress, as it is begun or taken."""

    secret: str = field(repr=False)
    state: str = field(repr=False)
    wish: Wish

    @property
    def fingerprint(self) -> str:
        """The digest of the browser's secret; the secret itself is not stored."""
        return _fingerprint(self.secret)

    @property
    def verifier(self) -> str:
        """The PKCE verifier, sent with the code (RFC 7636, section 4.1)."""
        return _derived(self.secret, "verifier")

    @property
    def nonce(self) -> str:
        """What the ID token must repeat (OIDC Core, section 3.1.2.1)."""
        return _derived(self.secret, "nonce")


def _derived(secret: str, purpose: str) -> str:
    return _base64(hmac.digest(secret.encode(), purpose.encode(), "sha256"))


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge (RFC 7636, section 4.2)."""
    return _base64(hashlib.sha256(verifier.encode()).digest())


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def _fingerprint(secret: str) -> str:
    return digest(secret).hex()


async def begin(db: AsyncSession, browser: tuple[str, ...], wish: Wish) -> tuple[Transaction, tuple[str, ...]]:
    """Begin a login; return it and the secrets of the browser's logins in progress.

    A secret that the browser already has is never used for a new login: somebody may have put it there (CS SESS-1).
    """
    secret = token_urlsafe(32)
    data = {"wish": asdict(wish), "browser": _fingerprint(secret)}
    state = await one_time.create(db, Purpose.SOCIAL_LOGIN, _fingerprint(secret), data, life=LIFE)
    # A login that falls off the end is over: without its secret nobody can finish it.
    return Transaction(secret, state, wish), (secret, *browser)[:MAX_UNDER_WAY]


async def take(db: AsyncSession, browser: tuple[str, ...], *, provider: str, state: str) -> Transaction:
    """Resume a login, once. Raises InvalidState."""
    data = await one_time.find(db, Purpose.SOCIAL_LOGIN, state) or {}
    secret = {_fingerprint(each): each for each in browser}.get(data.get("browser", ""))
    # Another provider's answer would carry its code to this one (mix-up, RFC 9700, section 4.4).
    if secret is None or data["wish"]["provider"] != provider:
        raise InvalidState
    try:
        await one_time.take(db, Purpose.SOCIAL_LOGIN, state)
    except InvalidToken:
        raise InvalidState from None
    return Transaction(secret, state, Wish(**data["wish"]))
