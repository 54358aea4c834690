"""What a look-up of a session brings along, whichever token names it."""

from datetime import datetime
from typing import Any

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
"""Whoever has it as `method` has a session's id as `credential`."""

SESSION_COLUMNS = (Session.id, Session.scope, Session.auth_time, *ACCOUNT_COLUMNS)


def invalid_token(description: str = "The access token is invalid") -> InvalidCredential:
    """Return the one refusal for a token that is no good, whatever the reason (RFC 6750, section 3.1)."""
    return InvalidCredential("invalid_token", description, error="invalid_token", error_description=description)


def is_alive(at: BindParameter[datetime] | None = None) -> ColumnElement[bool]:
    """Return the condition for sessions that have not ended and whose account is usable."""
    moment = now() if at is None else at
    return (Session.idle_until > moment) & (Session.expires_at > moment) & is_usable()


def principal_of(row: Row[Any], *, granted: str) -> Principal:
    """Return the caller: what the token grants, the session allows and the roles still hold (ASVS 8.3.2)."""
    account = account_of(row)
    scopes = parse_scope(granted) & parse_scope(row.scope) & scopes_of(account.roles)
    return Principal(account=account, scopes=scopes, method=METHOD, credential=str(row.id), logged_in_at=row.auth_time)
