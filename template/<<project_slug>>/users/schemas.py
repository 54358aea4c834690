"""Bodies of the account endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ..auth.scopes import Role
from ..schemas import Input, Output


class UserOut(Output):
    """An account."""

    id: UUID
    email: str | None  # plain text: validating it again on the way out would cost 0.1 ms per response
    name: str
    roles: list[Role]
    created_at: datetime


class AdminUserOut(UserOut):
    """An account as administrators see it."""

    is_active: bool


# JSON has neither sets nor enumerations; strict validation would refuse what represents them.
Roles = Annotated[set[Annotated[Role, Field(strict=False)]], Field(strict=False, max_length=len(Role))]


class AdminUserPatch(Input):
    """What administrators may change: never an e-mail address or a password (ASVS 6.4.6)."""

    is_active: bool | None = None
    roles: Roles | None = None
