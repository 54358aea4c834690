"""Bodies of the key endpoints."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from ...schemas import Input, Output
from ...users.name import Name
from ..scopes import SCOPES_LENGTH, Scope


def _known(text: str) -> str:
    # A misspelled scope must not result in a key that can do less than its maker believes.
    if not set(text.split(" ")) <= set(Scope):
        raise ValueError("must name scopes of this API, separated by spaces")
    return text


class ApiKeyIn(Input):
    """A key to make. Without a number of days, it lives as long as the settings say."""

    name: Annotated[Name, Field(min_length=1)]
    scope: Annotated[str, StringConstraints(max_length=SCOPES_LENGTH), AfterValidator(_known)]
    """Separated by spaces, as in OAuth (RFC 6749, section 3.3)."""
    days: Annotated[int, Field(ge=1, le=3650)] | None = None


class ApiKeyOut(Output):
    """A key as its owner sees it: never its secret, nor anything made from it (ASVS 14.2.6)."""

    id: str
    name: str
    scope: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    replaced_by: str | None


class NewApiKeyOut(ApiKeyOut):
    """A key with its text, shown only this once."""

    key: str


class RotatedApiKeyOut(NewApiKeyOut):
    """The new key, and when the old one ends."""

    previous_expires_at: datetime
