"""Bases and field types of every request and response body."""

from datetime import UTC, datetime
from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator


class Input(BaseModel):
    """A request body: no unknown field passes (ASVS 15.3.3), and no value is converted to another type (15.3.5).

    What JSON has no type for is read from text if you say so: `Annotated[UUID, Field(strict=False)]`, and likewise
    `AwareDatetime`, which also takes seconds since 1970. Times arrive in UTC.
    """

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    @field_validator("*")
    @classmethod
    def _is_in_calendar(cls, value: object) -> object:
        # Near the ends of the calendar there is no such time in UTC: a 422 here, never a 500 at the database.
        try:
            return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value
        except OverflowError:
            raise ValueError("is outside of the calendar") from None


class Output(BaseModel):
    """A response body: the fields named here and no others (ASVS 15.3.1)."""

    model_config = ConfigDict(from_attributes=True)


class InvalidField(Output):
    """Where in the input something is wrong, and what."""

    loc: list[str | int]
    type: str
    msg: str


class ProblemDetails(Output):
    """What went wrong (RFC 9457): rely on the status and the code. `docs/errors.md` lists the codes."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[InvalidField] = Field(default_factory=list)  # without a default in OpenAPI: most have none


def no_controls(text: str) -> str:
    """Return the text. Raises ValueError for control characters and lone surrogates."""
    # PostgreSQL refuses NUL and every driver refuses lone surrogates: refused here, never a 500 there (ST-6).
    if any(category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("must not contain control characters")
    return text


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(no_controls)]
"""One line of text, at most 200 characters."""
