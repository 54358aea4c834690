"""Social login as a registered method: a flow that ends in bearer tokens."""

from ..tokens.bearer import BearerMethod
from .models import end_logins

social_login = BearerMethod(
    name="social_login",
    scheme={
        "type": "http",
        "scheme": "bearer",
        "description": "Sign in at [/auth/social/page](/auth/social/page) and paste the access token here.",
    },
    end_logins=end_logins,
)
