"""The password of an account, in a table of its own: listing users never loads a hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ...clock import now
from ...db import SECRET, Base, UtcDateTime
from ...users.models import User


class Password(Base):
    """A password as its argon2id hash. An account without a row has no password, not an empty one (CS PW-4)."""

    __tablename__ = "password"

    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(255), info=SECRET)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


async def has_password(db: AsyncSession, user_id: UUID) -> bool:
    """Whether the account can be logged in to with a password."""
    return bool(await db.scalar(select(exists().where(Password.user_id == user_id))))
