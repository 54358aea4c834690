"""JWT as a registered method."""

from ..method import Method
from ..passwords.models import has_password
from ..tokens import bearer

jwt = Method(
    name="jwt",
    scheme={
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Log in with `POST /auth/login` and paste the `access_token` here.",
    },
    authenticate=bearer.authenticate,
    challenge=bearer.CHALLENGE,
    end_access=bearer.end_access,
    is_current=bearer.is_current,
    has_login=has_password,
)
