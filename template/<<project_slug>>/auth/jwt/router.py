"""Log in by JSON, and the public keys."""

from fastapi import APIRouter, Response

from ...db import Db
from ...errors import NotFound
from ...limits.service import limit
from ...mail.outbox import Mails
from ..dependencies import PUBLIC, Unauthorized
from ..passwords import login
from ..tokens import service as tokens
from ..tokens.bearer import CHALLENGE, SessionIfAny
from ..tokens.oauth import TOKEN_IF_ANY
from ..tokens.schemas import TokensOut
from .schemas import JWKSet, Login
from .settings import JWTSettings

router = APIRouter(tags=["login"])


@router.post("/auth/login", dependencies=[PUBLIC, limit("login")], openapi_extra={"security": TOKEN_IF_ANY})
async def log_in(body: Login, caller: SessionIfAny, database: Db, outbox: Mails) -> TokensOut:
    """Log in with e-mail address and password. The session of a token sent along is replaced."""
    try:
        async with login.authenticate(database, outbox, body.email, body.password, method="jwt") as (db, user_id):
            return await tokens.start_session(db, user_id, previous=caller)
    except login.WrongPassword:
        detail = "E-mail address or password is wrong."
        raise Unauthorized(detail, code="invalid_credentials", challenge=CHALLENGE) from None


@router.get("/.well-known/jwks.json", dependencies=[PUBLIC])
async def public_keys(response: Response) -> JWKSet:
    """The keys that verify our tokens, for other services. 404 while the only keys are shared secrets."""
    keys = [key.public_jwk for key in JWTSettings.get().keys.values() if key.public_jwk]
    if not keys:
        raise NotFound
    response.headers["Cache-Control"] = "public, max-age=300"
    return JWKSet(keys=keys)
