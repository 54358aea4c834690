"""Log out, revoke, and the list of sessions."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from ...audit.events import Event, log_event
from ...db import Db, Reading, Writing
from ...errors import NotFound
from ...limits.service import limit
from ..dependencies import PUBLIC, AccountWriter, BadCredentials, CurrentPrincipal
from ..method import MalformedCredential
from . import service
from .header import bearer_token
from .models import Session
from .oauth import RESPONSES, TOKEN_IF_ANY, OAuthError, OAuthRoute, form_body, read_form, required, text_field
from .schemas import SessionOut

router = APIRouter(prefix="/auth", tags=["sessions"])
oauth = APIRouter(prefix="/auth", tags=["sessions"], route_class=OAuthRoute, responses=RESPONSES)


@router.post("/logout", status_code=204, dependencies=[PUBLIC], openapi_extra={"security": TOKEN_IF_ANY})
async def log_out(request: Request, db: Writing) -> None:
    """End this session. Also succeeds if it has already ended, so that a client can always discard its tokens.

    A recently expired access token will do, and so will the refresh token.
    """
    try:
        token = bearer_token(request)
    except MalformedCredential as error:
        raise BadCredentials(error.description) from None  # a success would hide that the session goes on
    if token and (found := await service.session_of(db, token)):
        await service.end_session(db, *found)


@router.post("/logout-all", status_code=204)
async def log_out_everywhere(caller: AccountWriter, database: Db) -> None:
    """End all of the caller's sessions, this one included. Needs `account:write`, so a key cannot lock them out."""
    await service.log_out_everywhere(database, caller.user_id)


@router.get("/sessions")
async def list_sessions(caller: AccountWriter, db: Reading) -> list[SessionOut]:
    """List where the caller is logged in."""
    sessions = await service.list_sessions(db, caller.user_id)
    return [
        SessionOut.model_validate({**_columns(session), "is_current": str(session.id) == caller.credential})
        for session in sessions
    ]


def _columns(session: Session) -> dict[str, object]:
    return {name: getattr(session, name) for name in SessionOut.model_fields if name != "is_current"}


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(session_id: UUID, caller: AccountWriter, db: Writing) -> None:
    """End one session. Another user's session looks like an unknown one (ASVS 8.2.2)."""
    if not await service.end_session(db, caller.user_id, session_id):
        log_event(Event.AUTHORIZATION_REFUSED, user_id=caller.user_id, session=session_id)
        raise NotFound


REVOCATION = form_body(
    "token",
    token=text_field("token"),
    token_type_hint={"type": "string", "enum": ["access_token", "refresh_token"]},
)


@oauth.post("/revoke", dependencies=[limit("token")], response_class=Response, openapi_extra=REVOCATION)
async def revoke(request: Request, caller: CurrentPrincipal, db: Writing) -> Response:
    """Revoke an access or refresh token (RFC 7009): its whole session ends.

    200 also for unknown, expired and spent tokens; another user's token is refused and stays valid. The access token
    goes into the Authorization header, where functions of OAuth libraries put a client's secret.
    """
    form = await read_form(request)
    if "access_token" in form:  # RFC 6750, section 2: one way to send it per request
        raise OAuthError("invalid_request", "Send the access token once, in the Authorization header")
    found = await service.session_of(db, required(form, "token"))
    if found is None:
        return Response()
    user_id, session_id = found
    if user_id != caller.user_id:
        log_event(Event.AUTHORIZATION_REFUSED, user_id=caller.user_id, session=session_id)
        raise OAuthError("unauthorized_client", "This token is not yours")
    await service.end_session(db, user_id, session_id)
    return Response()
