"""Record a security event in the table and in the log."""

from contextvars import ContextVar
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from ..current_request import client_address, current_request, request_id
from .events import TAKEN, log_event
from .models import AuditEvent

_actor: ContextVar[str | None] = ContextVar("actor", default=None)


def act_as(actor: str) -> None:
    """Say in all further events of this context who acts, where it is not a caller (ASVS 16.2.1)."""
    _actor.set(actor)


def _who() -> dict[str, str]:
    # After a leak, it distinguishes what was done with a credential from what its owner did.
    if caller := (current_request() or {}).get("state", {}).get("principal"):
        return {"credential": caller.credential}
    return {"by": actor} if (actor := _actor.get()) else {}


def record(db: AsyncSession, event: StrEnum, user_id: UUID | None, **fields: Any) -> None:
    """Add the event to the caller's transaction: the row and the log line exist exactly when the change does.

    `event` is an `Event`, or of an enumeration of yours: at most 40 characters. Pass no secret. Raises ValueError for
    a field with a name that each line has already.
    """
    if taken := fields.keys() & TAKEN:
        raise ValueError(f"not the name of a field: {', '.join(sorted(taken))}")
    fields = _who() | fields
    row = AuditEvent(
        event=event, user_id=user_id, address=client_address()[:64], request_id=request_id(), fields=fields
    )
    db.add(row)
    is_logged = False

    def log(session: Session) -> None:
        nonlocal is_logged
        # Not for a savepoint, which may be undone yet, nor for a row that one has undone.
        if not is_logged and row in session and not session.in_nested_transaction():
            is_logged = True
            log_event(event, user_id=user_id, **fields)

    listen(db.sync_session, "after_commit", log)
