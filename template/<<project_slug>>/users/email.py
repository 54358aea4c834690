"""E-mail addresses: what is accepted, and when two are the same."""

import unicodedata
from functools import lru_cache
from typing import Annotated

import idna
from pydantic import AfterValidator, EmailStr, StringConstraints, TypeAdapter

MAX_LENGTH = 254
"""Characters of an address (RFC 5321, section 4.5.3.1.3)."""


def canonical(address: str) -> str:
    """Return the form in which addresses are compared: NFKC, case folded, domain in ASCII.

    Folding the local part treats `Mike@` and `mike@` as one mailbox, as practically every provider does; a look-alike
    in another script stays another address. Never send to this form, only compare (CS EM-1, ST-12).
    """
    # MySQL compares as if there were no spaces at the end: each number of them would be a spelling with its own limits.
    local, _, domain = unicodedata.normalize("NFKC", address).partition("@")
    return f"{local.casefold()}@{_ascii(domain.rstrip(' .').lower())}"


@lru_cache(maxsize=1024)  # to look at every letter takes a twentieth of a request that sends its address along
def _ascii(domain: str) -> str:
    # By today's rules: those of Python's own codec turn the domain of one owner into that of another (`ß` into `ss`).
    try:
        return idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return domain


def _one_line(address: str) -> str:
    # The reader of a mail header would take a line break for the next header (ASVS 1.3.11).
    # It would take `=?` for an encoded word, which stands for another address than the one that is stored and limited.
    # Its form for comparing must fit the column too: NFKC writes some single characters as eighteen.
    if not address.isprintable() or "=?" in address or len(canonical(address)) > MAX_LENGTH:
        raise ValueError("must be printable, of at most 254 characters and without =?")
    return address


Email = Annotated[EmailStr, StringConstraints(max_length=MAX_LENGTH), AfterValidator(_one_line)]
"""An address from outside. Its syntax is checked, never its domain: a DNS look-up would take time, and tell."""

_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def checked(address: str) -> str:
    """Return the address as it will be stored. Raises ValueError for what is none."""
    return _EMAIL.validate_python(address)
