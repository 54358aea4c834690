"""The password grant as a registered method."""

from ..passwords.models import has_password
from ..scopes import Scope
from ..tokens.bearer import BearerMethod

oauth2_password = BearerMethod(
    name="oauth2_password",
    scheme={
        "type": "oauth2",
        "description": "First-party clients only: RFC 9700, section 2.4, bans this grant for everybody else.",
        "flows": {
            "password": {
                "tokenUrl": "/auth/token",
                "refreshUrl": "/auth/token",
                "scopes": {str(scope): f"May use {scope}." for scope in Scope},
            }
        },
    },
    has_login=has_password,
)
