"""Which new passwords are refused, and why. NIST SP 800-63B-4 section 3.1.1.2, ASVS 5.0 6.2.1-6.2.12.

A password is taken as it was typed: nothing is trimmed, normalised or cut off, and no kind of character is required
(6.2.5, 6.2.8). Letter case is ignored only in comparisons with easy guesses, and how accents were typed only in those
with `context`. `breaches` is the other half.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum, auto
from functools import cache
from pathlib import Path
from unicodedata import normalize

MINIMUM_LENGTH = 15
"""Code points. NIST: 15 while the password is the only factor, 8 with a second one."""

MAXIMUM_LENGTH = 128
"""Code points. ASVS 6.2.9 asks for at least 64."""

SHORTEST_CONTEXT = 4
"""Characters. Shorter words are in too many good passwords by accident."""


class Reason(StrEnum):
    """Why a password was refused, as the API reports it. NIST: the reason must be given."""

    PASSWORD_TOO_SHORT = auto()
    PASSWORD_TOO_LONG = auto()
    PASSWORD_COMMON = auto()
    PASSWORD_CONTEXT = auto()
    PASSWORD_BREACHED = auto()


def weakness_of(password: str, *, context: Iterable[str], minimum: int = MINIMUM_LENGTH) -> Reason | None:
    """Return why a password is refused: too short, too long, common, or containing words of `context`; or None.

    `context` is what a guesser knows of this account: the package's name, the host, the user's e-mail address.
    Lengths are in code points (6.2.1, 6.2.9). Never returns `Reason.PASSWORD_BREACHED`, which needs the network.
    """
    # Length first: everything after it can assume a short string, and a megabyte costs only one comparison.
    if len(password) < minimum:
        return Reason.PASSWORD_TOO_SHORT
    if len(password) > MAXIMUM_LENGTH:
        return Reason.PASSWORD_TOO_LONG
    folded = password.casefold()
    if _is_common(folded, minimum):
        return Reason.PASSWORD_COMMON
    # Accents are one character or two, as the keyboard has it.
    composed = normalize("NFKC", folded)
    if any(word in composed for text in context for word in _words(normalize("NFKC", text.casefold()))):
        return Reason.PASSWORD_CONTEXT
    return None


@cache
def common_passwords() -> frozenset[str]:
    """The list of ASVS 6.2.4, casefolded. Read at the first use and kept: about 1 MB of memory."""
    return frozenset(Path(__file__).with_name("common_passwords.txt").read_text("utf-8").splitlines())


def _is_common(folded: str, minimum: int) -> bool:
    unit = _repeated_unit(folded)
    # A short password typed twice is no better than once.
    return len(unit) < minimum or not common_passwords().isdisjoint((folded, unit))


def _repeated_unit(text: str) -> str:
    """The shortest start of `text` that gives all of it when repeated twice or more, or `text` itself.

    The last repetition may be cut off: "abcabca" gives "abc".
    """
    half = len(text) // 2
    return next((text[:size] for size in range(1, half + 1) if text[size:] == text[:-size]), text)


def _words(text: str) -> Iterator[str]:
    """The parts of a name or address that a password must not contain: the whole and each word (6.2.11)."""
    local, at, domain = text.rpartition("@")
    # Without its last label: an address at example.online must not rule out every password with "online".
    for part in (local, domain.rsplit(".", 1)[0] if at else domain):
        joined = re.sub(r"[\W_]+", "", part)  # "My API" is also "myapi"
        words = {part, joined, *re.split(r"[\W_]+", part)}
        yield from (word for word in words if len(word) >= SHORTEST_CONTEXT)
