"""The body of a refresh."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from ...schemas import Input, no_controls

Token = Annotated[str, StringConstraints(min_length=1, max_length=8192), AfterValidator(no_controls)]
"""What a client sends as a token. Only the lookup tells whether it is one."""


class Refresh(Input):
    """A refresh token."""

    refresh_token: Token
