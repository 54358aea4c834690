"""JWT as a registered method."""

from ..passwords.models import has_password
from ..tokens.bearer import BearerMethod

jwt = BearerMethod(
    name="jwt",
    scheme={
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Log in with `POST /auth/login` and paste the `access_token` here.",
    },
    has_login=has_password,
)
