"""Bodies of the sample resource."""

from datetime import datetime
from uuid import UUID

from ..schemas import Input, Line, Output


class ItemIn(Input):
    """A new item, or a new title."""

    title: Line


class ItemOut(Output):
    """An item."""

    id: UUID
    title: str
    created_at: datetime
