"""Secrets under way."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ...db import Base, Digest, UtcDateTime


class OneTimeSecret(Base):
    """A secret that is under way to somebody."""

    __tablename__ = "one_time_secret"
    __table_args__ = (UniqueConstraint("purpose", "subject"),)

    digest: Mapped[bytes] = mapped_column(Digest, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(320))
    """Whom it is about: a user id, or the canonical address of a sign-up."""
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
