"""The contract of an authentication method. One folder per method implements it; `methods.py` lists them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from .principal import Principal
from .scopes import Scope

REALM = "api"


class EndAccess(Protocol):
    """Revoke what a method has handed out to an account, except the credential `keep`; part of the transaction."""

    async def __call__(self, db: AsyncSession, user_id: UUID, /, *, keep: str | None = None) -> None: ...


class InvalidCredential(Exception):
    """A credential that is present and refused. The text goes to the client and must not help a forger."""

    def __init__(
        self, code: str, description: str, *, credential: str | None = None, detail: str | None = None, **challenge: str
    ) -> None:
        """`challenge` holds parameters for the Bearer challenge (RFC 6750, section 3); other schemes have none.

        `credential` is its id, for the log; of a key it is what was sent, which proves nothing.
        `detail` is the reason in our own words, for the log too.
        """
        self.code = code
        self.credential = credential
        self.detail = detail
        self.description = description
        self.challenge = challenge
        super().__init__(code)


class MalformedCredential(InvalidCredential):
    """The header does not follow its own grammar: answered 400 (RFC 6750, section 3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to authenticate, as `methods.py` registers it."""

    name: str
    scheme: Mapping[str, Any]
    """The OpenAPI security scheme object, shown under `name` in Swagger UI's Authorize."""
    authenticate: Callable[[HTTPConnection], Awaitable[Principal | None]]
    """The reader of its credential. It returns None if the request has no such credential and raises
    `InvalidCredential` if it has a bad one. Never confuse the two, or a bad token becomes an anonymous caller."""
    challenge: str
    """The WWW-Authenticate challenge of a 401, with at least one parameter (RFC 9110, section 11.6.1)."""
    header: str = "authorization"
    """The header this method reads, lower case. A request may carry one credential only."""
    end_access: EndAccess | None = None
    """What to call when the account's credentials change or it is disabled; None when nothing is handed out."""
    scopes: frozenset[Scope] = frozenset(Scope)
    """What its credentials can carry at most; OpenAPI offers it only where that is enough."""
    is_current: Callable[[AsyncSession, Principal], Awaitable[bool]] | None = None
    """Whether the caller's credential was not revoked individually, such as by a logout; True for another method's
    credential; None when nothing is handed out."""
    has_login: Callable[[AsyncSession, UUID], Awaitable[bool]] | None = None
    """Whether an account can be logged in to by this method alone; None when it is not a way to log in."""
    end_logins: Callable[[AsyncSession, UUID], Awaitable[None]] | None = None
    """Removes what lets somebody log in, except the password, in the transaction in which the owner recovers the
    account by mail; None when the password is the only way to log in."""
