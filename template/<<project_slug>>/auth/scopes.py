"""What may be granted: `Scope`, `Role` and `ROLE_SCOPES`. Yours are in `own_scopes.py`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from ..errors import Misbuilt
from . import own_scopes as own

ROLES_LENGTH, SCOPES_LENGTH = 255, 1000
"""Characters that the database has for the roles of an account, and for the scopes of a credential."""


def _added(names: Iterable[str], members: Mapping[str, object]) -> dict[str, str]:
    """Return the owner's names as an enum's members, without what is built in, which would be listed twice.

    With a prefix, since an enum cannot have a member of some names, such as "mro".
    """
    built_in = {value for name, value in members.items() if name.isupper()}
    return {f"own_{name}": name for name in names if name not in built_in}


class Scope(StrEnum):
    """A permission that a credential can carry. Endpoints ask for scopes, never for roles."""

    ACCOUNT_WRITE = "account:write"
    """Change one's own account. Leave it out of a narrowed token, so that whoever steals that cannot take over."""
    ITEMS_READ = "items:read"
    ITEMS_WRITE = "items:write"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    vars().update(_added(own.SCOPES, vars()))


class Role(StrEnum):
    """A set of scopes that an administrator gives to an account."""

    USER = "user"
    ADMIN = "admin"
    vars().update(_added(own.ROLES, vars()))


def _flaws() -> Iterator[str]:
    """Say what the database cannot store, or the challenge of a 403 not name (RFC 6749, section 3.3)."""
    for names in (own.SCOPES, *own.ROLES.values()):
        if isinstance(names, str):
            yield f"{names!r} needs a comma to be a tuple: ({names!r},)"
    scopes = [name for name in own.SCOPES if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", name)]
    for name in (*scopes, *(name for name in own.ROLES if not re.fullmatch(r"\S+", name))):
        yield f'{name!r} is not a name: no name has spaces, and a scope only ASCII characters except " and \\'
    for name in set[str]().union(*own.ROLES.values()) - set(Scope):
        yield f"{name!r} is granted by a role, but is not a scope"
    for every, length in ((Scope, SCOPES_LENGTH), (Role, ROLES_LENGTH)):
        if len(" ".join(every)) > length:
            yield f"all {every.__name__.lower()}s, with spaces between them, must fit into {length} characters"


if _flaw := next(_flaws(), ""):
    raise Misbuilt(f"auth/own_scopes.py: {_flaw}.")

_GRANTED: dict[Role, frozenset[Scope]] = {
    Role.USER: frozenset({Scope.ACCOUNT_WRITE, Scope.ITEMS_READ, Scope.ITEMS_WRITE}),
    Role.ADMIN: frozenset(Scope),
}
ROLE_SCOPES = {role: _GRANTED.get(role, frozenset()) | frozenset(map(Scope, own.ROLES.get(role, ()))) for role in Role}


def scopes_of(roles: frozenset[Role]) -> frozenset[Scope]:
    """Return everything the roles grant together."""
    return frozenset().union(*(ROLE_SCOPES[role] for role in roles))
