"""What keys look like and how long they live."""

from datetime import timedelta

from pydantic import Field

from ...settings import Settings


class ApiKeySettings(Settings):
    """Keys lie around in files and environments: the shorter they live, the less time there is to find one."""

    api_key_brand: str = Field(default="key", pattern=r"^[a-z0-9]{2,10}$")
    """What every new key begins with. Choose your own, so that secret scanners can tell whose a leaked key is."""
    api_key_days: int = Field(default=90, ge=1, le=3650)
    """Days a key lives by default; never more than `api_key_max_days`."""
    api_key_max_days: int = Field(default=365, ge=1, le=3650)
    """No key lives longer, and none can be extended, only rotated (AK-4)."""
    api_key_overlap_hours: int = Field(default=24, ge=0, le=720)
    """Hours that a rotated key keeps working, for its users to switch (AK-7)."""
    api_keys_per_user: int = Field(default=20, ge=1)
    """Live keys of one owner, rotated ones included (ASVS 2.3.2)."""

    @property
    def max_life(self) -> timedelta:
        return timedelta(days=self.api_key_max_days)

    @property
    def usual_life(self) -> timedelta:
        return min(timedelta(days=self.api_key_days), self.max_life)

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=self.api_key_overlap_hours)
