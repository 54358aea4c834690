"""Bodies of the key endpoints."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from ...schemas import Input, Name, Output
from ..scopes import Scope

# JSON knows neither sets nor enumerations; strict validation would refuse what stands for them.
Scopes = Annotated[set[Annotated[Scope, Field(strict=False)]], Field(strict=False, min_length=1, max_length=len(Scope))]


class ApiKeyIn(Input):
    """A key to be made. Without a number of days it lives as long as the settings say."""

    name: Annotated[Name, Field(min_length=1)]
    scopes: Scopes
    days: Annotated[int, Field(ge=1, le=3650)] | None = None


class ApiKeyOut(Output):
    """A key as its owner sees it: never its secret, nor anything made from it (ASVS 14.2.6)."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    replaced_by: str | None


class NewApiKeyOut(ApiKeyOut):
    """A key with its text, this once."""

    key: str


class RotatedApiKeyOut(NewApiKeyOut):
    """The new key, and when the old one ends."""

    previous_expires_at: datetime
