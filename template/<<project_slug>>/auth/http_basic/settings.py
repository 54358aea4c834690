"""How long a password that matched is remembered."""

from pydantic import Field

from ...settings import Settings


class HttpBasicSettings(Settings):
    """Without the memory each request costs a hash: some 30 ms of a core."""

    basic_memory_seconds: int = Field(default=300, ge=0, le=900)
    """0 forgets at once. A change of the password or the account is felt at the next request all the same."""
