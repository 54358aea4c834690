"""The account, and the only table that every other one may refer to."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Dialect, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from ..auth.scopes import ROLES_LENGTH, Role
from ..clock import now
from ..db import Base, UtcDateTime


class Roles(TypeDecorator[frozenset[Role]]):
    """A set of roles in one short column, so that a lookup returns it without a join."""

    impl = String(ROLES_LENGTH)
    cache_ok = True

    def process_bind_param(self, value: frozenset[Role] | None, dialect: Dialect) -> str:
        return " ".join(sorted(map(Role, value or ())))  # text would become its letters

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[Role]:
        # A role that the code no longer knows grants nothing.
        words = (value or "").split()
        return frozenset(role for role in Role if role in words)


class User(Base):
    """An account. It holds no credential: those have their own tables that refer to this one."""

    __tablename__ = "user"

    # Random, never a counter: SQLite would give a deleted user's number, and its tokens, to the next one (ST-2).
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str | None] = mapped_column(String(320))
    """As the owner wrote it; mail goes here. Verified by our own mail or a provider, or vouched for by the operator."""
    email_key: Mapped[str | None] = mapped_column(String(320), unique=True)
    """The form for comparing (`email.canonical`), so that no second account can pass for the first (CS EM-1)."""
    name: Mapped[str] = mapped_column(String(100), default="")
    roles: Mapped[frozenset[Role]] = mapped_column(Roles, default=frozenset({Role.USER}))
    is_active: Mapped[bool] = mapped_column(default=True)
    access_version: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often all access was revoked. A request in progress notices that (`auth.credentials.confirm`)."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
