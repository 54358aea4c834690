"""How long a matched password is remembered."""

from pydantic import Field

from ...settings import Settings


class HttpBasicSettings(Settings):
    """Without this memory, each request would cost a hash: some 30 ms of a core."""

    basic_memory_seconds: int = Field(default=300, ge=0, le=900)
    """0 forgets at once. A change of the password or the account takes effect on the next request regardless."""
