"""The contract of an authentication method. One folder per method fulfils it; `methods.py` lists who does."""

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

    None: there is no such credential in the request. Raise `InvalidCredential`: there is, and it is bad. Never confuse
    the two, or a bad token becomes an anonymous caller.
    """

    async def __call__(self, request: Request, /) -> Principal | None: ...


class EndAccess(Protocol):
    """Take away what a method has handed out to an account, except the credential `keep`; part of the transaction."""

    async def __call__(self, db: AsyncSession, user_id: UUID, /, *, keep: str | None = None) -> None: ...


class IsCurrent(Protocol):
    """Tell whether what the caller came with has not ended meanwhile; True for a credential of another method."""

    async def __call__(self, db: AsyncSession, caller: Principal, /) -> bool: ...


class HasLogin(Protocol):
    """Tell whether somebody can log in to an account by this method, with a credential of their own."""

    async def __call__(self, db: AsyncSession, user_id: UUID, /) -> bool: ...


class EndLogins(Protocol):
    """Take away what a method logs somebody in to an account by, but the password; part of the transaction."""

    async def __call__(self, db: AsyncSession, user_id: UUID, /) -> None: ...


class InvalidCredential(Exception):
    """A credential that is present and refused. The text goes to the client: same for every reason not provable."""

    def __init__(self, code: str, description: str, **challenge: str) -> None:
        """`challenge` are parameters for the Bearer challenge (RFC 6750, section 3); other schemes have none."""
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
    """What a 401 invites to, a WWW-Authenticate challenge with at least one parameter (RFC 9110, section 11.6.1)."""
    header: str = "authorization"
    """The header this method reads, lower case. A request may carry one credential only."""
    end_access: EndAccess | None = None
    """What to call when the account's credentials change or it is disabled; None when nothing is handed out."""
    is_current: IsCurrent | None = None
    """Whether a credential was ended by itself, such as by a logout; None when nothing is handed out."""
    has_login: HasLogin | None = None
    """Whether an account can be logged in to by this method alone; None when it is no way to log in."""
    end_logins: EndLogins | None = None
    """What to call when the owner recovers the account by mail; None when the password is the only way to log in."""
