"""What a session lookup returns, whichever token names it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row
from sqlalchemy.sql import ColumnElement

from ...clock import now
from ..accounts import ACCOUNT_COLUMNS, account_of, is_usable
from ..granted import parse_scope
from ..method import InvalidCredential
from ..principal import Principal
from ..scopes import scopes_of
from .models import Session

METHOD = "bearer"
"""A principal with this `method` has a session's id as its `credential`."""

LEEWAY = 30
"""Seconds by which another host's clock may run ahead. Ends get none: a token may end early, never late."""

SESSION_COLUMNS = (Session.id, Session.scope, Session.auth_time, *ACCOUNT_COLUMNS)


def invalid_token(
    description: str = "The access token is invalid", *, session_id: UUID | None = None, detail: str | None = None
) -> InvalidCredential:
    """Return the one refusal for a token that is not valid, whatever the reason (RFC 6750, section 3.1)."""
    told = {"error": "invalid_token", "error_description": description}
    credential = str(session_id) if session_id else None
    return InvalidCredential("invalid_token", description, credential=credential, detail=detail, **told)


def is_alive(at: BindParameter[datetime] | None = None) -> ColumnElement[bool]:
    """Return the condition for sessions that have not ended and whose account is usable."""
    moment = now() if at is None else at
    return (Session.idle_until > moment) & (Session.expires_at > moment) & is_usable()


def principal_of(row: Row[Any], *, granted: str) -> Principal:
    """Return the caller, with what the token, the session and the roles all grant (ASVS 8.3.2)."""
    account = account_of(row)
    scopes = parse_scope(granted) & parse_scope(row.scope) & scopes_of(account.roles)
    return Principal(account=account, scopes=scopes, method=METHOD, credential=str(row.id), logged_in_at=row.auth_time)
