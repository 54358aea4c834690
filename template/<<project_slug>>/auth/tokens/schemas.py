"""Bodies of the token endpoints."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import Response
from pydantic import ConfigDict

from ...schemas import Output
from ..methods import METHODS
from .bearer import authenticate
from .service import Tokens

TOKEN_IF_ANY = [{}, *({method.name: list[str]()} for method in METHODS if method.authenticate is authenticate)]
"""What OpenAPI says about what reads the token itself: otherwise generated clients would not send it."""


class TokensOut(Output):
    """A successful token response (RFC 6749, section 5.1). `expires_in` is in seconds."""

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


NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""HTTP/1.0 caches know only Pragma (RFC 6749, section 5.1)."""


def tokens_out(tokens: Tokens, response: Response) -> TokensOut:
    """Return the response body, and forbid caching it."""
    response.headers.update(NO_STORE)
    return TokensOut.model_validate(tokens)
