"""Social login as a registered method: a flow that ends in bearer tokens."""

from ..method import Method
from ..tokens import bearer
from .models import end_logins

social_login = Method(
    name="social_login",
    scheme={
        "type": "http",
        "scheme": "bearer",
        "description": "Sign in at [/auth/social/page](/auth/social/page) and paste the access token here.",
    },
    authenticate=bearer.authenticate,
    challenge=bearer.CHALLENGE,
    end_access=bearer.end_access,
    is_current=bearer.is_current,
    end_logins=end_logins,
)
