"""Record a security event in the table and in the log."""

from typing import Any
from uuid import UUID

from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncSession

from ..middleware.request_context import client_address, request_id
from .events import Event, log_event
from .models import AuditEvent


def record(db: AsyncSession, event: Event, user_id: UUID | None, **fields: Any) -> None:
    """Add the event to the caller's transaction: the row and the log line exist exactly when the change does.

    Pass no secret.
    """
    db.add(
        AuditEvent(event=event, user_id=user_id, address=client_address()[:64], request_id=request_id(), fields=fields)
    )
    listen(db.sync_session, "after_commit", lambda _: log_event(event, user_id=user_id, **fields), once=True)
