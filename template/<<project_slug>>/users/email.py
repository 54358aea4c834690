"""E-mail addresses: what is accepted, and when two are the same."""

import unicodedata
from functools import lru_cache
from typing import Annotated

import idna
from pydantic import AfterValidator, BeforeValidator, EmailStr, StringConstraints, TypeAdapter

MAX_LENGTH = 254
"""Characters in an e-mail address (RFC 5321, section 4.5.3.1.3)."""


def canonical(address: str) -> str:
    """Return the form in which e-mail addresses are compared: case folded, NFKC, domain in ASCII.

    Folding the local part treats `Mike@` and `mike@` as one mailbox, as practically every provider does; a look-alike
    in another script stays a different address. Never send to this form, only compare it (CS EM-1, ST-12).
    """
    # MySQL ignores trailing spaces in comparisons: each number of them would give an address limits of its own.
    local, _, domain = unicodedata.normalize("NFKC", address.strip()).partition("@")
    # Once more, since folding takes some capitals apart: `ΐ` in capitals is three characters.
    return f"{unicodedata.normalize('NFKC', local.casefold())}@{ascii_domain(domain.rstrip(' .').lower())}"


@lru_cache(maxsize=1024)  # encoding takes a twentieth of a request that sends an e-mail address
def ascii_domain(domain: str) -> str:
    """Return the domain as DNS knows it (RFC 5890)."""
    # IDNA 2008: the rules of Python's own codec turn one owner's domain into another's (`ß` into `ss`).
    try:
        return idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return domain


def _one_line(address: str) -> str:
    # In a mail header, a line break would start the next header (ASVS 1.3.11), and `=?` an encoded word, which means
    # a different address than the one that is stored and limited.
    # The form for comparing must fit the column too: NFKC expands some single characters to eighteen.
    if not address.isprintable() or "=?" in address or len(canonical(address)) > MAX_LENGTH:
        raise ValueError("must be printable, of at most 254 characters and without =?")
    return address


def _bare(address: object) -> object:
    # `EmailStr` also takes `Name <address>`, and whoever reads the name would believe another address (ASVS 1.5.3).
    if "<" in str(address):
        raise ValueError("must be an address alone, without a name")
    return address


Email = Annotated[EmailStr, StringConstraints(max_length=MAX_LENGTH), AfterValidator(_one_line), BeforeValidator(_bare)]
"""An e-mail address from outside. Only its syntax is checked: a DNS lookup would take time and reveal something."""

_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def checked(address: str) -> str:
    """Return the e-mail address as it will be stored. Raises ValueError if it is not one."""
    return _EMAIL.validate_python(address)
