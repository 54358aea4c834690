"""The bearer token in the Authorization header (RFC 6750, section 2.1)."""

import re

from starlette.requests import HTTPConnection

from ..authorization import read
from ..method import MalformedCredential

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
MAX_TOKEN_LENGTH = 8192
"""Longer bearer tokens are refused without parsing (JT-1)."""


def bearer_token(request: HTTPConnection) -> str | None:
    """Return the bearer token; None when the header is absent or of another scheme. Raises MalformedCredential."""
    match read(request):
        case ("bearer", token):
            _refuse_second_token(request)
            if len(token) <= MAX_TOKEN_LENGTH and not _TOKEN.fullmatch(token):
                raise MalformedCredential("invalid_request", "The bearer token is malformed")
            return token
        case _:
            return None


def _refuse_second_token(request: HTTPConnection) -> None:
    # A token in the query alone is ignored (ASVS 14.2.1); together with the header it could name a second caller.
    if "access_token" in request.query_params:
        raise MalformedCredential("invalid_request", "Send the access token once, in the Authorization header")
