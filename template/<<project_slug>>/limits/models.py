"""Counters of the rate limits."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, Digest, UtcDateTime


class RateLimit(Base):
    """A window and what it has counted. The key is a digest: no address or e-mail stands in this table (ST-9)."""

    __tablename__ = "rate_limit"

    key: Mapped[bytes] = mapped_column(Digest, primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
