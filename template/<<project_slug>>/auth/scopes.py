"""What may be granted: `Scope`, `Role` and `ROLE_SCOPES`. Yours are in `own_scopes.py`."""

from enum import StrEnum

from . import own_scopes as own


class Scope(StrEnum):
    """A permission that a credential can carry. Endpoints ask for scopes, never for roles."""

    ACCOUNT_WRITE = "account:write"
    """Change one's own account. Leave it out of a narrowed token, so that whoever steals that cannot take over."""
    ITEMS_READ = "items:read"
    ITEMS_WRITE = "items:write"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    vars().update(zip(own.SCOPES, own.SCOPES, strict=True))


class Role(StrEnum):
    """A set of scopes that an administrator gives to an account."""

    USER = "user"
    ADMIN = "admin"
    vars().update(zip(own.ROLES, own.ROLES, strict=True))


_GRANTED: dict[Role, frozenset[Scope]] = {
    Role.USER: frozenset({Scope.ACCOUNT_WRITE, Scope.ITEMS_READ, Scope.ITEMS_WRITE}),
    Role.ADMIN: frozenset(Scope),
}
ROLE_SCOPES = {role: _GRANTED.get(role, frozenset()) | frozenset(map(Scope, own.ROLES.get(role, ()))) for role in Role}


def scopes_of(roles: frozenset[Role]) -> frozenset[Scope]:
    """Return everything the roles grant together."""
    return frozenset().union(*(ROLE_SCOPES[role] for role in roles))
