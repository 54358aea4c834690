"""The contract of an authentication method. One folder per method implements it; `methods.py` lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from .principal import Principal

REALM = "api"


class Authenticate(Protocol):
    """Read one kind of credential.

    Return None if the request has no such credential; raise `InvalidCredential` if it has one that is bad. Never
    confuse the two, or a bad token becomes an anonymous caller.
    """

    async def __call__(self, request: Request, /) -> Principal | None: ...


class EndAccess(Protocol):
    """Revoke what a method has handed out to an account, except the credential `keep`; part of the transaction."""

    async def __call__(self, db: AsyncSession, user_id: UUID, /, *, keep: str | None = None) -> None: ...


class IsCurrent(Protocol):
    """Tell whether the caller's credential is still valid; True for a credential of another method."""

    async def __call__(self, db: AsyncSession, caller: Principal, /) -> bool: ...


class HasLogin(Protocol):
    """Tell whether an account can be logged in to by this method, with a credential of its own."""

    async def __call__(self, db: AsyncSession, user_id: UUID, /) -> bool: ...


class EndLogins(Protocol):
    """Remove what lets somebody log in to an account by a method, except the password; part of the transaction."""

    async def __call__(self, db: AsyncSession, user_id: UUID, /) -> None: ...


class InvalidCredential(Exception):
    """A credential that is present and refused. The text goes to the client and must not help a forger."""

    def __init__(self, code: str, description: str, **challenge: str) -> None:
        """`challenge` holds parameters for the Bearer challenge (RFC 6750, section 3); other schemes have none."""
        self.code = code
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
    authenticate: Authenticate
    challenge: str
    """The WWW-Authenticate challenge of a 401, with at least one parameter (RFC 9110, section 11.6.1)."""
    header: str = "authorization"
    """The header this method reads, lower case. A request may carry one credential only."""
    end_access: EndAccess | None = None
    """What to call when the account's credentials change or it is disabled; None when nothing is handed out."""
    is_current: IsCurrent | None = None
    """Whether a credential was not revoked individually, such as by a logout; None when nothing is handed out."""
    has_login: HasLogin | None = None
    """Whether an account can be logged in to by this method alone; None when it is not a way to log in."""
    end_logins: EndLogins | None = None
    """What to call when the owner recovers the account by mail; None when the password is the only way to log in."""
