"""A caller for tests: an account with a password."""

from base64 import b64encode
from collections.abc import Awaitable, Callable

import pytest

from <<project_slug>>.auth.passwords.chosen import hash_chosen
from <<project_slug>>.auth.passwords.registration import create_user
from <<project_slug>>.auth.scopes import ROLE_SCOPES, Role, Scope
from <<project_slug>>.db import Database
from <<project_slug>>.users.models import User

CredentialFor = Callable[[str, Role, frozenset[Scope] | None], Awaitable[dict[str, str]]]

BAD_CREDENTIAL = {"Authorization": "Basic x"}
"""A credential that a method of this project reads and refuses."""

NEVER_GRANTED: frozenset[Scope] = frozenset()
"""Scopes that no caller of this project can have."""

PASSWORD = "seven grey otters under a bridge"


@pytest.fixture
def credential_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> CredentialFor:
    """Create an account and return the header that proves it.

    A password cannot do less than its role, so for the length of the test the role grants no more than the scopes.
    """

    async def set_up(email: str, role: Role, scopes: frozenset[Scope] | None) -> dict[str, str]:
        if scopes is not None:
            monkeypatch.setitem(ROLE_SCOPES, role, scopes)
        stored = await hash_chosen(PASSWORD, email=email)
        async with database.transaction() as db:
            user = await create_user(db, email, stored)
            user.roles = frozenset({role})
        return await proof_of(database, user, PASSWORD)

    return set_up


async def proof_of(database: Database, user: User, password: str) -> dict[str, str]:
    """Return the header with the account's address and password."""
    return {"Authorization": f"Basic {b64encode(f'{user.email}:{password}'.encode()).decode()}"}
