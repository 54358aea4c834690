"""Pending secrets."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from ...db import PURGED, Base, Digest, UtcDateTime


class OneTimeToken(Base):
    """A pending secret: one per purpose and subject, so a newer one replaces the older.

    The digest is not the key. On MySQL, transactions that replace the same row's key deadlock.
    """

    __tablename__ = "one_time_token"

    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    subject: Mapped[str] = mapped_column(String(320), primary_key=True)
    """A digest of whom it is about: a user id, or the e-mail address of a sign-up and the requester's network."""
    digest: Mapped[bytes] = mapped_column(Digest, index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=PURGED)
