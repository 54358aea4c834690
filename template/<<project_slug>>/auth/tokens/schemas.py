"""Bodies of the token endpoints."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict

from ...schemas import Output


class TokensOut(Output):
    """What a login or a refresh hands out (RFC 6749, section 5.1). `expires_in` is in seconds."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)  # `token_type` is always there

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    refresh_token: str
    scope: str


class SessionOut(Output):
    """A session as its owner sees it. No token, no IP address."""

    id: UUID
    user_agent: str
    created_at: datetime
    auth_time: datetime
    idle_until: datetime
    expires_at: datetime
    is_current: bool


class OAuthProblem(Output):
    """What went wrong (RFC 6749, section 5.2)."""

    error: str
    error_description: str
