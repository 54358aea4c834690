"""Lifetimes of sessions and their tokens."""

from datetime import timedelta

from pydantic import Field

from ...settings import Settings


class TokenSettings(Settings):
    """Each number limits how long a stolen token is useful."""

    access_token_minutes: int = Field(default=15, ge=1, le=60)
    """RFC 6750, section 5.3, asks for an hour at most."""
    refresh_idle_days: int = Field(default=7, ge=1, le=30)
    """A session ends if it is not refreshed for this long (ASVS 7.3.1)."""
    session_days: int = Field(default=30, ge=1, le=30)
    """A session ends after this long, however active it is (ASVS 7.3.2, 10.4.8)."""
    sessions_per_user: int = Field(default=20, ge=1)
    """A login over this number ends the account's oldest session (ASVS 2.3.2)."""

    @property
    def access_life(self) -> timedelta:
        return timedelta(minutes=self.access_token_minutes)
