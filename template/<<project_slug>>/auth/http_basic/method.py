"""HTTP Basic as a registered method."""

from ..method import REALM, Method
from ..passwords.models import has_password
from .service import METHOD, authenticate

http_basic = Method(
    name=METHOD,
    scheme={
        "type": "http",
        "scheme": "basic",
        "description": "E-mail address and password with every request. Browsers keep both until they are closed.",
    },
    authenticate=authenticate,
    challenge=f'Basic realm="{REALM}", charset="UTF-8"',
    has_login=has_password,
)
