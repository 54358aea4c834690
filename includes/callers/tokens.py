"""Somebody to be in a test: an account with a session."""

from collections.abc import Awaitable, Callable

import pytest

from <<project_slug>>.auth.scopes import Role, Scope
from <<project_slug>>.auth.tokens.service import start_session
from <<project_slug>>.db import Database
from <<project_slug>>.users.email import canonical
from <<project_slug>>.users.models import User

CredentialFor = Callable[[str, Role, frozenset[Scope] | None], Awaitable[dict[str, str]]]

BAD_CREDENTIAL = {"Authorization": "Bearer x"}
"""What a method of this project reads and refuses."""

NEVER_GRANTED: frozenset[Scope] = frozenset()
"""What no caller of this project can have."""


@pytest.fixture
def credential_for(database: Database) -> CredentialFor:
    """Create an account and return the header that proves it. Without scopes it may do all that its role grants."""

    async def log_in(email: str, role: Role, scopes: frozenset[Scope] | None) -> dict[str, str]:
        async with database.transaction() as db:
            user = User(email=email, email_key=canonical(email), roles=frozenset({role}))
            db.add(user)
        return await proof_of(database, user, scopes=scopes)

    return log_in


async def proof_of(
    database: Database, user: User, password: str | None = None, *, scopes: frozenset[Scope] | None = None
) -> dict[str, str]:
    """Return the header of a new session of the account; its password is not needed."""
    async with database.transaction() as db:
        token = (await start_session(db, user.id, scopes=scopes)).access_token
    return {"Authorization": f"Bearer {token}"}
