"""The credentials in the Authorization header, read strictly (RFC 7617, section 2)."""

from base64 import b64decode, b64encode

from pydantic import TypeAdapter
from starlette.requests import Request

from .. import authorization
from ..method import InvalidCredential
from ..passwords.schemas import Secret
from ..passwords.typed import Address

_CREDENTIALS: TypeAdapter[tuple[str, str]] = TypeAdapter(tuple[Address, Secret])
"""As long as in the body of a login, and without control characters."""


def refusal() -> InvalidCredential:
    """Return the one refusal: nobody may tell bad syntax from a wrong password or an unknown address."""
    return InvalidCredential("invalid_credentials", "Address or password is wrong.")


def credentials(request: Request) -> tuple[str, str] | None:
    """Return address and password; None without Basic credentials. Raises InvalidCredential for malformed ones."""
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
        if not address:  # without a colon it is the password that is empty, which its type refuses
            raise refusal()
        return _CREDENTIALS.validate_python((address, password))
    except ValueError:  # of base64, of UTF-8 and of the types
        raise refusal() from None
