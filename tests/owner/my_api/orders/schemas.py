"""Bodies of orders."""

from uuid import UUID

from ..schemas import Input, Line, Output


class OrderIn(Input):
    """A new order."""

    article: Line


class OrderOut(Output):
    """An order."""

    id: UUID
    article: str
