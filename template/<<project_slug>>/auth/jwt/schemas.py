"""Bodies of the JSON login."""

from typing import Any

from ...schemas import Input, Output
from ..passwords.schemas import Secret
from ..passwords.typed import Address


class Login(Input):
    """An address as it was typed and a password. Not checked as an address: what is not one simply fails."""

    email: Address
    password: Secret


class JWKSet(Output):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, Any]]
