"""Bodies of social login."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from ...schemas import Input, Output
from ..refresh.schemas import Token

Challenge = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$", max_length=43)]
"""base64url of a SHA-256, without padding (RFC 7636, section 4.2)."""

Verifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{43,128}$", max_length=128)]
"""RFC 7636, section 4.1."""


class Opening(Input):
    """The code after `#code=` from the callback, and the verifier for the challenge that started the login."""

    code: Token
    code_verifier: Verifier


class Confirmation(Input):
    """A mailed code."""

    token: Token


class ProviderOut(Output):
    """A provider to sign in with. Open `login_url` with `code_challenge`, and `next` unless the default will do."""

    name: str
    title: str
    login_url: str


class IdentityOut(Output):
    """An identity of the caller's account."""

    provider: str
    name: str
    picture: str
    created_at: datetime
