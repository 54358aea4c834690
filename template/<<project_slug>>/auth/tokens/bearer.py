"""The reader of `Authorization: Bearer`. Every method that issues tokens registers this one, so it runs once."""

from starlette.requests import Request

from ...db import database_of
from ..authorization import bearer_token
from ..method import REALM
from ..principal import Principal
from .format import access
from .service import end_sessions as end_access

__all__ = ["CHALLENGE", "authenticate", "end_access"]

CHALLENGE = f'Bearer realm="{REALM}"'


async def authenticate(request: Request, /) -> Principal | None:
    """Return who the bearer token speaks for; None without one. Raises InvalidCredential."""
    token = bearer_token(request)
    return None if token is None else await access.read(database_of(request), token)
