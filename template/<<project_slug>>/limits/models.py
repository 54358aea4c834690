"""Counters of the rate limits."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from ..db import PURGED, Base, Digest, UtcDateTime


class RateLimit(Base):
    """A window and its count. The key is a digest: this table holds no IP or e-mail addresses (ST-9)."""

    __tablename__ = "rate_limit"

    key: Mapped[bytes] = mapped_column(Digest, primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=PURGED)
