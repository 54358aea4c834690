"""Identities at providers. Each belongs to one account."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from ...audit import service as audit
from ...audit.events import Event
from ...clock import now
from ...db import Base, Exact, UtcDateTime
from ...users.models import User


class SocialIdentity(Base):
    """A person's identity at a provider, given by issuer and subject: one subject at two issuers is two people."""

    __tablename__ = "social_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "provider"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(String(20))
    issuer: Mapped[str] = mapped_column(Exact(255))
    subject: Mapped[str] = mapped_column(Exact(255))
    name: Mapped[str] = mapped_column(String(100), default="")
    picture: Mapped[str] = mapped_column(String(500), default="")
    """An https address at the provider, or empty. As of the last login, like the name."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


async def end_logins(db: AsyncSession, user_id: UUID) -> None:
    """Remove every identity from an account. Its owner can link them again."""
    for identity in await db.scalars(select(SocialIdentity).where(SocialIdentity.user_id == user_id)):
        await db.delete(identity)
        audit.record(db, Event.IDENTITY_UNLINKED, user_id, provider=identity.provider)
