"""Items of one owner. Every query is scoped to the owner: there is no way to ask for somebody else's."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..audit.events import Event, log_event
from ..errors import NotFound
from .models import Item


async def list_items(db: AsyncSession, owner_id: UUID, *, offset: int, limit: int) -> Sequence[Item]:
    """Return a page of the owner's items, oldest first."""
    statement = select(Item).where(Item.owner_id == owner_id).order_by(Item.created_at, Item.id)
    return (await db.scalars(statement.offset(offset).limit(limit))).all()


async def create_item(db: AsyncSession, owner_id: UUID, title: str) -> Item:
    """Create an item. Raises NotFound for an owner who was deleted since the request was authenticated."""
    item = Item(owner_id=owner_id, title=title)
    db.add(item)
    try:
        await db.flush()
    except IntegrityError:
        raise NotFound from None
    return item


async def get_item(db: AsyncSession, owner_id: UUID, item_id: UUID, *, lock: bool = False) -> Item:
    """Return an item. Raises NotFound, for an unknown id and for another owner's alike (ASVS 8.2.2).

    Lock it to change it: otherwise it may be gone when the change is written (15.4.2).
    """
    statement = select(Item).where(Item.id == item_id, Item.owner_id == owner_id)
    item = await db.scalar(statement.with_for_update() if lock else statement)
    if item is None:
        log_event(Event.AUTHORIZATION_REFUSED, user_id=owner_id, item=item_id)
        raise NotFound
    return item
