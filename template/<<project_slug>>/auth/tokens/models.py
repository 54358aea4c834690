"""Sessions. One that ended has no row, so nothing can revive it."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ...clock import now
from ...db import PURGED, Base, Digest, UtcDateTime
from ...users.models import User
from ..scopes import SCOPES_LENGTH


class Session(Base):
    """One login on one device."""

    __tablename__ = "session"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    scope: Mapped[str] = mapped_column(String(SCOPES_LENGTH))
    """What was granted at login, separated by spaces. It counts only as far as the roles still allow it."""
    auth_time: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the user logged in. Refreshing is not logging in and does not change it."""
    idle_until: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=PURGED)
    """The end that no refresh moves."""
    refresh_family: Mapped[bytes | None] = mapped_column(Digest, unique=True)
    """SHA-256 of what all refresh tokens of the session begin with. Whoever sends it was given one of them.
    None for a session that nobody can refresh."""
    refresh_digest: Mapped[bytes | None] = mapped_column(Digest)
    """SHA-256 of the current one; every other token of the family is spent."""
    user_agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
