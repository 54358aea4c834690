"""API keys. A key that was revoked has no row, so nothing can revive it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ...clock import now
from ...db import PURGED, Base, Digest, Exact, UtcDateTime
from ...users.models import User
from ..scopes import SCOPES_LENGTH


class ApiKey(Base):
    """A key, as the SHA-256 digest of its text (AK-2)."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(Exact(16), primary_key=True)
    """The public part of its text."""
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(Digest)
    name: Mapped[str] = mapped_column(String(100))
    """What its owner calls it."""
    scope: Mapped[str] = mapped_column(String(SCOPES_LENGTH))
    """What was granted, separated by spaces. It counts only as far as the owner's roles still allow it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=PURGED)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """To within ten minutes (`last_use.EVERY`)."""
    replaced_by: Mapped[str | None] = mapped_column(Exact(16))
    """The id of the key that replaced it; a key is rotated once."""
