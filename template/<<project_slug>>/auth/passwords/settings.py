"""Password rules and the cost of hashing."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import Field

from ...limits.settings import LimitSettings, limit_called
from ...settings import CoreSettings, Settings
from .policy import MINIMUM_LENGTH

STRONG = ((47_104, 1), (19_456, 2), (12_288, 3))
"""Memory in KiB and passes; production must reach at least one of these pairs (ASVS 11.4.2, appendix C)."""


class PasswordSettings(Settings):
    """Raising the hash cost slows down guessing and logins alike; stored hashes follow at their owners' next login."""

    password_min_length: int = Field(default=MINIMUM_LENGTH, ge=8, le=64)
    """Below 15 only where a second factor exists (NIST 800-63B-4)."""
    password_breach_url: str = ""
    """A k-anonymity range service; five characters follow its last slash. Empty means no lookup. Fails open."""
    argon2_memory_kib: int = Field(default=19_456, ge=8, le=4_194_304)
    argon2_time_cost: int = Field(default=2, ge=1, le=1000)
    argon2_threads: int = Field(default=1, ge=1, le=64)
    """Hashes computed at once per worker. Each takes `argon2_memory_kib` and a core."""
    reset_minutes: int = Field(default=30, ge=1, le=60)
    verify_hours: int = Field(default=24, ge=1, le=72)

    @property
    def context_words(self) -> tuple[str, ...]:
        """Words that a password must not contain: this project's name, and the host after an @ (ASVS 6.2.11)."""
        return (__name__.split(".")[0], f"@{urlsplit(CoreSettings.get().base_url).hostname}")

    def problems(self) -> Iterator[str]:
        if not any(self.argon2_memory_kib >= memory and self.argon2_time_cost >= time for memory, time in STRONG):
            yield "ARGON2_MEMORY_KIB and ARGON2_TIME_COST are below OWASP's minimum, for instance 19456 and 2."
        if self.password_min_length < MINIMUM_LENGTH and not self.password_breach_url:
            yield (
                f"PASSWORD_MIN_LENGTH below {MINIMUM_LENGTH} needs PASSWORD_BREACH_URL: "
                "the list of common passwords has none that short."
            )
        if self.password_breach_url and not re.fullmatch(r"https://[^?#]+", self.password_breach_url):
            yield "PASSWORD_BREACH_URL must be an https:// URL without a query."


class PasswordLimits(LimitSettings):
    """Limits on password attempts."""

    limit_login: str = "20/minute"
    """Logins by IP address."""
    limit_login_account: str = "5/minute"
    """Logins by account and IP address: a stranger elsewhere cannot use up the owner's attempts."""
    limit_login_failures: str = "100/30 days"
    """Failures in a row by account, from anywhere. Then login is paused until a reset or the end of the window
    (NIST 800-63B-4, 3.2.2)."""

    def problems(self) -> Iterator[str]:
        failures = limit_called("login_failures")
        if failures.amount > 100 or failures.get_expiry() < 86_400:
            yield "LIMIT_LOGIN_FAILURES must be at most 100 in a day or longer (NIST SP 800-63B-4, 3.2.2)."
