"""A caller for tests: an account with a session."""

from collections.abc import Awaitable, Callable

import pytest

from <<project_slug>>.auth.scopes import Role, Scope
from <<project_slug>>.auth.tokens.schemas import TokensOut
from <<project_slug>>.auth.tokens.service import start_session
from <<project_slug>>.db import Database
from <<project_slug>>.users.email import canonical
from <<project_slug>>.users.models import User

CredentialFor = Callable[[str, Role, frozenset[Scope] | None], Awaitable[dict[str, str]]]

BAD_CREDENTIAL = {"Authorization": "Bearer x"}
"""A credential that a method of this project reads and refuses."""

NEVER_GRANTED: frozenset[Scope] = frozenset()
"""Scopes that no caller of this project can have."""


@pytest.fixture
def credential_for(database: Database) -> CredentialFor:
    """Create an account and return the header that proves it. Without scopes it may do whatever its role grants."""

    async def log_in(email: str, role: Role, scopes: frozenset[Scope] | None) -> dict[str, str]:
        async with database.transaction() as db:
            user = User(email=email, email_key=canonical(email), roles=frozenset({role}))
            db.add(user)
            await db.flush()
            return header_of(await start_session(db, user.id, scopes=scopes))

    return log_in


async def proof_of(database: Database, user: User, password: str | None = None) -> dict[str, str]:
    """Return the header of a new session of the account; its password is not needed."""
    async with database.transaction() as db:
        return header_of(await start_session(db, user.id))


def header_of(tokens: TokensOut) -> dict[str, str]:
    """Return the header that proves a session."""
    return {"Authorization": f"Bearer {tokens.access_token}"}
