"""The one clock. Every expiry in the project is compared with `now()`."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware and in UTC (ASVS 16.2.2)."""
    return datetime.now(UTC)
