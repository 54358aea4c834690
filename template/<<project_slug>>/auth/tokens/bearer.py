"""The reader of `Authorization: Bearer`. Every method that issues tokens registers this one, so it runs once.

A login asks for `SessionIfAny`, one of yours too: what it returns is `previous` for `service.start_session`.
"""

from functools import partial
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from ...db import database_of
from ..method import REALM, InvalidCredential, Method
from ..principal import Principal
from .format import access
from .header import bearer_token
from .service import end_sessions, is_current

CHALLENGE = f'Bearer realm="{REALM}"'


async def authenticate(request: HTTPConnection) -> Principal | None:
    """Return whom the bearer token identifies; None without one. Raises InvalidCredential."""
    token = bearer_token(request)
    return None if token is None else await access.read(database_of(request), token)


async def session_if_any(request: HTTPConnection) -> Principal | None:
    """Return whose token was sent along with a login; None if there is no valid one.

    Only a token: checking a password here would allow a second attempt per login.
    """
    try:
        return await authenticate(request)
    except InvalidCredential:
        return None


SessionIfAny = Annotated[Principal | None, Depends(session_if_any)]

BearerMethod = partial(
    Method, authenticate=authenticate, challenge=CHALLENGE, end_access=end_sessions, is_current=is_current
)
"""A method that issues tokens."""
