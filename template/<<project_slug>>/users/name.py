"""What a person or a thing may be called."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _printable(text: str) -> str:
    # Names appear in mails and lists, which a line break or a text-reversing character could falsify.
    if not text.isprintable():
        raise ValueError("must be printable")
    return text


Name = Annotated[str, StringConstraints(max_length=100), AfterValidator(_printable)]
"""What a person or a thing is called, at most 100 printable characters."""
