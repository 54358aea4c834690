"""A caller for tests: an account with an API key."""

from collections.abc import Awaitable, Callable

import pytest

from <<project_slug>>.auth.api_keys.access import GRANTABLE
from <<project_slug>>.auth.api_keys.service import KeyRequest, create
from <<project_slug>>.auth.scopes import Role, Scope, scopes_of
from <<project_slug>>.clock import now
from <<project_slug>>.db import Database
from <<project_slug>>.users.email import canonical
from <<project_slug>>.users.models import User

CredentialFor = Callable[[str, Role, frozenset[Scope] | None], Awaitable[dict[str, str]]]

BAD_CREDENTIAL = {"X-API-Key": "x"}
"""A credential that a method of this project reads and refuses."""

NEVER_GRANTED: frozenset[Scope] = frozenset({Scope.ACCOUNT_WRITE})
"""Scopes that no caller of this project can have."""


@pytest.fixture
def credential_for(database: Database) -> CredentialFor:
    """Create an account and return the header that proves it. Without scopes it may do whatever a key can."""

    async def make_key(email: str, role: Role, scopes: frozenset[Scope] | None) -> dict[str, str]:
        held = scopes_of(frozenset({role}))
        async with database.transaction() as db:
            user = User(email=email, email_key=canonical(email), roles=frozenset({role}))
            db.add(user)
            await db.flush()
            requested = KeyRequest("test", (held if scopes is None else scopes) & GRANTABLE)
            new = await create(db, user.id, requested, held=held)
            # As if just used: otherwise the caller's first request would also write the time of use.
            new.key.last_used_at = now()
        return {"X-API-Key": new.text}

    return make_key
