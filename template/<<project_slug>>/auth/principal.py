"""The caller of a request, as determined by authentication."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .scopes import Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The caller's account as it is in the database at this request, not as it was when a token was made."""

    id: UUID
    email: str | None
    name: str
    roles: frozenset[Role]
    created_at: datetime
    access_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated caller: whose account, by which credential, with which scopes."""

    account: Account
    scopes: frozenset[Scope]
    """What the credential was granted and the roles still allow."""
    method: str
    """The method that vouched for the caller."""
    credential: str
    """Which credential: an id that is safe to log, never the secret."""
    logged_in_at: datetime | None = None
    """When the caller last logged in (OIDC `auth_time`); None for unattended credentials."""

    @property
    def user_id(self) -> UUID:
        return self.account.id
