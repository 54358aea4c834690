"""Bodies of the JSON login."""

from typing import Any

from ...schemas import Input, Output
from ..passwords.schemas import Secret
from ..passwords.typed import Address


class Login(Input):
    """An e-mail address as it was typed, and a password. Its syntax is not checked: an invalid one simply fails."""

    email: Address
    password: Secret


class JWKSet(Output):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, Any]]
