"""How far back the trail goes."""

from pydantic import Field

from ..settings import Settings


class AuditSettings(Settings):
    """The trail contains people's IP addresses, so its entries expire."""

    audit_days: int = Field(default=365, ge=30, le=36_500)
    """Days until an event is deleted. Fewer may be too few to find out what an intruder did (ASVS 14.2.7)."""
