"""The sample resource: what an endpoint of yours may look like."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ..auth.dependencies import require
from ..auth.principal import Principal
from ..auth.scopes import Scope
from ..db import Reading, Writing
from . import service
from .schemas import ItemIn, ItemOut

router = APIRouter(prefix="/items", tags=["items"])

Reader = Annotated[Principal, require(Scope.ITEMS_READ)]
Writer = Annotated[Principal, require(Scope.ITEMS_WRITE)]


@router.get("")
async def list_items(
    caller: Reader,
    db: Reading,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> list[ItemOut]:
    """List the caller's items."""
    items = await service.list_items(db, caller.user_id, offset=offset, limit=limit)
    return [ItemOut.model_validate(item) for item in items]


@router.post("", status_code=201)
async def create_item(body: ItemIn, caller: Writer, db: Writing, request: Request, response: Response) -> ItemOut:
    """Create an item."""
    item = await service.create_item(db, caller.user_id, body.title)
    response.headers["Location"] = f"{request.url.path}/{item.id}"
    return ItemOut.model_validate(item)


@router.get("/{item_id}")
async def read_item(item_id: UUID, caller: Reader, db: Reading) -> ItemOut:
    """Return one of the caller's items."""
    return ItemOut.model_validate(await service.get_item(db, caller.user_id, item_id))


@router.patch("/{item_id}")
async def rename_item(item_id: UUID, body: ItemIn, caller: Writer, db: Writing) -> ItemOut:
    """Change a title."""
    item = await service.get_item(db, caller.user_id, item_id, lock=True)
    item.title = body.title
    return ItemOut.model_validate(item)


@router.delete("/{item_id}", status_code=204)
async def delete_item(item_id: UUID, caller: Writer, db: Writing) -> None:
    """Delete an item."""
    await db.delete(await service.get_item(db, caller.user_id, item_id, lock=True))
