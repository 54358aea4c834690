"""The credentials in the Authorization header, read strictly (RFC 7617, section 2)."""

from base64 import b64decode, b64encode

from pydantic import TypeAdapter
from starlette.requests import HTTPConnection

from .. import authorization
from ..method import InvalidCredential
from ..passwords.schemas import Secret
from ..passwords.typed import Address

_CREDENTIALS: TypeAdapter[tuple[str, str]] = TypeAdapter(tuple[Address, Secret])
"""With the length limits of a login's body, and without control characters."""


def refusal() -> InvalidCredential:
    """Return the one refusal: bad syntax, a wrong password and an unknown e-mail address must look the same."""
    return InvalidCredential("invalid_credentials", "E-mail address or password is wrong.")


def credentials(request: HTTPConnection) -> tuple[str, str] | None:
    """Return e-mail address and password; None without Basic credentials. Raises InvalidCredential if malformed."""
    match authorization.read(request):
        case ("basic", encoded):
            return _decoded(encoded)
        case _:
            return None


def _decoded(encoded: str) -> tuple[str, str]:
    try:
        raw = b64decode(encoded, validate=True)
        # Encoded back: stray bits at the end would give one credential two spellings (RFC 4648, section 3.5).
        if b64encode(raw).decode() != encoded:
            raise refusal()
        address, _, password = raw.decode().partition(":")
        if not address:  # without a colon, the password is empty, which its type refuses
            raise refusal()
        return _CREDENTIALS.validate_python((address, password))
    except ValueError:  # from base64, UTF-8 or the types
        raise refusal() from None
