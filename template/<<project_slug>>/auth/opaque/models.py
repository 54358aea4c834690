"""Access tokens under way."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ...db import PURGED, Base, Digest, UtcDateTime
from ..scopes import SCOPES_LENGTH
from ..tokens.models import Session


class AccessToken(Base):
    """An access token, as its SHA-256 digest. It ends with its session."""

    __tablename__ = "access_token"

    digest: Mapped[bytes] = mapped_column(Digest, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey(Session.id, ondelete="CASCADE"), index=True)
    scope: Mapped[str] = mapped_column(String(SCOPES_LENGTH))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=PURGED)
