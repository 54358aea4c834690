"""E-mail addresses: what is accepted, and when two are the same."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, EmailStr, StringConstraints, TypeAdapter


def canonical(address: str) -> str:
    """Return the form in which addresses are compared: NFKC, case folded, domain in ASCII.

    Folding the local part treats `Mike@` and `mike@` as one mailbox, as practically every provider does; a look-alike
    in another script stays another address. Never send to this form, only compare (CS EM-1, ST-12).
    """
    local, _, domain = unicodedata.normalize("NFKC", address).partition("@")
    return f"{local.casefold()}@{_ascii(domain.rstrip('.').lower())}"


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def masked(address: str) -> str:
    """Return an address fit for logs: enough to recognise, too little to write to."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}***@{domain}"


def _one_line(address: str) -> str:
    # The reader of a mail header would take a line break for the next header (ASVS 1.3.11).
    if not address.isprintable():
        raise ValueError("must be printable")
    return address


Email = Annotated[EmailStr, StringConstraints(max_length=254), AfterValidator(_one_line)]
"""An address from outside. Its syntax is checked, never its domain: a DNS look-up would take time, and tell."""

_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def checked(address: str) -> str:
    """Return the address as it will be stored. Raises ValueError for what is none."""
    return _EMAIL.validate_python(address)
