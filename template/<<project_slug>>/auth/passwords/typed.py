"""What people type to log in, with JSON or HTTP Basic."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from ...schemas import no_controls

Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(no_controls)]
"""An e-mail address as typed to log in: limited to the length of a real one, and not checked further."""
