"""What somebody types to log in, where this project reads it itself."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from ...schemas import no_controls

Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(no_controls)]
"""What somebody types as an e-mail address to log in: no longer than one can be, and not checked further."""
