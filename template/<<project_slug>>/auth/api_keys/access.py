"""Read `X-API-Key`: the header only, since URLs end up in logs (ASVS 14.2.1)."""

import hmac
from typing import Any

from sqlalchemy import Row, bindparam, select
from starlette.requests import HTTPConnection

from ...db import NOW, Database, database_of
from ...digests import digest
from ...limits import service as limits
from ...users.models import User
from ..accounts import ACCOUNT_COLUMNS, account_of, is_usable
from ..granted import parse_scope
from ..lookup import JoinedLookup, row_query
from ..method import InvalidCredential
from ..principal import Principal
from ..scopes import Scope, scopes_of
from .last_use import LastUse
from .models import ApiKey
from .text import id_of

METHOD = "api_keys"
HEADER = "x-api-key"
GRANTABLE = frozenset(Scope) - {Scope.ACCOUNT_WRITE}
"""What a key may carry. With `account:write`, a leaked key could make more keys or take over its owner's account."""

_NONE = bytes(32)
_BY_ID = (
    select(ApiKey.id, ApiKey.digest, ApiKey.scope, ApiKey.last_used_at, *ACCOUNT_COLUMNS)
    .join(User)
    .where(ApiKey.id.in_(bindparam("keys", expanding=True)), ApiKey.expires_at > NOW, is_usable())
)


def lookup(database: Database) -> JoinedLookup[str, Row[Any]]:
    """Return the joined lookup of live keys by id."""
    return JoinedLookup(row_query(database, _BY_ID, "id"))


async def authenticate(request: HTTPConnection) -> Principal | None:
    """Return the key's owner as the caller; None without a key. Raises InvalidCredential, the same for every bad key.

    Bad keys are counted by IP address, which raises TooManyRequests; a good one needs no write and never waits for one.
    """
    sent = request.headers.get(HEADER)
    if sent is None:
        return None
    text, database = sent.strip(" \t"), database_of(request)  # not part of a field's value (RFC 9110, section 5.5)
    row = await _find(database, text)
    if row is None:
        await limits.hit(database, "token", "api_key", limits.client_network())
        raise InvalidCredential("invalid_api_key", "The API key is not valid", credential=id_of(text))
    database.part(LastUse).note(row.id, row.last_used_at)
    return _principal_of(row)


async def _find(database: Database, text: str) -> Row[Any] | None:
    key_id = id_of(text)
    row = await database.part(lookup).get(key_id) if key_id else None
    # For an unknown id too, and in constant time: the response time reveals neither ids nor parts of digests (AK-2).
    is_right = hmac.compare_digest(row.digest if row else _NONE, digest(text))
    return row if is_right else None


def _principal_of(row: Row[Any]) -> Principal:
    """Return the caller, with what the key grants and the owner's roles still allow (AK-5, ASVS 8.3.2)."""
    account = account_of(row)
    scopes = parse_scope(row.scope) & scopes_of(account.roles) & GRANTABLE
    return Principal(account=account, scopes=scopes, method=METHOD, credential=row.id)
