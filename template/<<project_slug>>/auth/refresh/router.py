"""Refresh by JSON."""

from fastapi import APIRouter

from ...db import Db
from ...limits.service import limit
from ...mail.outbox import Mails
from ..dependencies import PUBLIC, Unauthorized
from ..tokens import service
from ..tokens.bearer import CHALLENGE
from ..tokens.schemas import TokensOut
from .schemas import Refresh

router = APIRouter(prefix="/auth", tags=["login"])


@router.post("/refresh", dependencies=[PUBLIC, limit("token")])
async def refresh(body: Refresh, database: Db, outbox: Mails) -> TokensOut:
    """Exchange a refresh token for a new pair. Use each only once: a second use ends the session."""
    try:
        return await service.refresh(database, outbox, body.refresh_token)
    except service.InvalidGrant:
        detail = "The refresh token is not valid. Log in again."
        raise Unauthorized(detail, code="invalid_grant", challenge=CHALLENGE) from None
