"""Bodies of orders."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ..schemas import Input, Line, Output


class OrderIn(Input):
    """A new order."""

    article: Line


class OrderOut(Output):
    """An order."""

    id: UUID
    article: str


class Wanted(Input):
    """What somebody would order."""

    article: Line


class ShareIn(Input):
    """Who may see orders: fields that JSON has no types for, or that sweeps take for unknown ones."""

    user_id: Annotated[UUID, Field(strict=False)]
    until: Annotated[date, Field(strict=False)]
    how: Literal["read", "write"]
