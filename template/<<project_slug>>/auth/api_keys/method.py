"""API keys as a registered method."""

from ..method import REALM, Method
from .access import GRANTABLE, HEADER, METHOD, authenticate
from .service import end_keys, is_current

api_keys = Method(
    name=METHOD,
    scheme={
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A secret for a program. `api-keys create` makes one. Never holds account:write.",
    },
    authenticate=authenticate,
    challenge=f'ApiKey realm="{REALM}"',
    header=HEADER,
    scopes=GRANTABLE,
    end_access=end_keys,
    is_current=is_current,
)
