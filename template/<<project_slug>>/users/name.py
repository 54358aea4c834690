"""What a person or a thing may be called."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_ALSO = "\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Not printable to Python, but within names in Japanese, Persian and others; at an end they would be invisible."""


def is_printable(text: str) -> bool:
    """Whether it has no line break and no text-reversing character: in mails and lists they could falsify the rest."""
    return all(character.isprintable() or character in _ALSO for character in text)


def without_ends(text: str) -> str:
    """Return it without the spaces and joiners at its ends."""
    return text.strip(f" {_ALSO}")


def _printable(text: str) -> str:
    if not is_printable(text) or text.strip(" ") != without_ends(text):
        raise ValueError("must be printable")
    return text


Name = Annotated[str, StringConstraints(max_length=100), AfterValidator(_printable)]
"""What a person or a thing is called, at most 100 printable characters."""
