"""The token endpoint (RFC 6749, sections 3.2, 4.3 and 6)."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from fastapi import APIRouter, Request

from ...db import database_of
from ...limits import service as limits
from ...mail.outbox import outbox_of
from ..dependencies import PUBLIC
from ..passwords import login
from ..scopes import Scope
from ..tokens import service as tokens
from ..tokens.bearer import session_if_any
from ..tokens.oauth import RESPONSES, TOKEN_IF_ANY, OAuthError, OAuthRoute, read_form, required
from ..tokens.schemas import TokensOut
from .schemas import FORM

router = APIRouter(prefix="/auth", tags=["login"], route_class=OAuthRoute, responses=RESPONSES)

Form = dict[str, str]
METHOD = "oauth2_password"


@router.post("/token", dependencies=[PUBLIC], openapi_extra=FORM | {"security": TOKEN_IF_ANY})
async def token(request: Request) -> TokensOut:
    """Log in with a user's password, or refresh. First-party clients only: RFC 9700, section 2.4, bans this grant.

    Client credentials sent along are ignored: there are no registered clients, and Swagger UI sends empty ones.
    """
    form = await read_form(request)
    grant = GRANTS.get(required(form, "grant_type"))
    if grant is None:
        raise OAuthError("unsupported_grant_type", "Use password or refresh_token")
    return await grant(request, form)


async def _log_in(request: Request, form: Form) -> TokensOut:
    database, outbox, scopes = database_of(request), outbox_of(request), _scopes(form)
    username, password = required(form, "username"), required(form, "password")
    await limits.hit_address(database, "login")
    previous = await session_if_any(request)
    try:
        async with login.authenticate(database, outbox, username, password, method=METHOD) as (db, user_id):
            # Inside: the password was right; its owner is told of wrong ones before it, session or not (ASVS 6.3.5).
            with suppress(tokens.InvalidScope):
                return await tokens.start_session(db, user_id, scopes=scopes, previous=previous)
    except login.WrongPassword:
        raise OAuthError("invalid_grant", "E-mail address or password is wrong") from None
    raise OAuthError("invalid_scope", "You have none of these scopes")


async def _refresh(request: Request, form: Form) -> TokensOut:
    scopes, refresh_token = _scopes(form), required(form, "refresh_token")
    # Not the login limit: somebody guessing behind the same IP address must not stop everybody's refreshes.
    await limits.hit_address(database_of(request), "token")
    try:
        return await tokens.refresh(database_of(request), outbox_of(request), refresh_token, scope=scopes)
    except tokens.InvalidGrant:
        raise OAuthError("invalid_grant", "The refresh token is not valid") from None
    except tokens.InvalidScope:
        raise OAuthError("invalid_scope", "A refresh cannot add scopes") from None


def _scopes(form: Form) -> frozenset[Scope] | None:
    """Return the requested scopes; None if none are named. Raises OAuthError for bad syntax or an unknown scope."""
    text = form.get("scope")
    if text is None:
        return None
    words = frozenset(text.split(" "))
    if not words <= frozenset(Scope):
        raise OAuthError("invalid_scope", "Unknown scope")
    return frozenset(map(Scope, words))


GRANTS: dict[str, Callable[[Request, Form], Awaitable[TokensOut]]] = {
    "password": _log_in,
    "refresh_token": _refresh,
}
