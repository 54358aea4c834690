"""A newly chosen password is checked, then hashed."""

from functools import cache

from ...audit.events import Event, log_event
from ...errors import Unprocessable
from . import policy
from .hashing import PasswordHasher
from .settings import PasswordSettings

_REASONS = {
    policy.Reason.PASSWORD_TOO_SHORT: "The password is too short. Several words make a good one.",
    policy.Reason.PASSWORD_TOO_LONG: "The password is too long.",
    policy.Reason.PASSWORD_COMMON: "This password is among the most common ones.",
    policy.Reason.PASSWORD_CONTEXT: "The password must not contain your address or the name of this service.",
    policy.Reason.PASSWORD_BREACHED: "This password is known from a data breach.",
}


@cache
def hasher_for(settings: PasswordSettings) -> PasswordHasher:
    """Return the process's hasher."""
    return PasswordHasher(
        memory_cost=settings.argon2_memory_kib, time_cost=settings.argon2_time_cost, threads=settings.argon2_threads
    )


def check_chosen(password: str, *, email: str | None) -> None:
    """Raise Unprocessable, with the reason, for a password that is too easy to guess. Costs next to nothing."""
    settings = PasswordSettings.get()
    context = (*settings.context_words, email or "")
    if reason := policy.weakness_of(password, context=context, minimum=settings.password_min_length):
        raise _refusal(reason)


def _refusal(reason: policy.Reason) -> Unprocessable:
    return Unprocessable(_REASONS[reason], code=reason)


async def hash_chosen(password: str, *, email: str | None) -> str:
    """Check a new password by policy and return its hash.

    Raises Unprocessable with the reason, which a user must be told (NIST 800-63B-4, 3.1.1.2), and Unavailable.
    """
    check_chosen(password, email=email)
    await _check_breaches(password)
    return await hasher_for(PasswordSettings.get()).hash(password)


async def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Compare with a stored hash; return the verdict, and a new hash if the stored one is outdated. Raises Unavailable.

    Without a stored hash the same work is done, so that timing reveals nothing (ASVS 6.3.8).
    """
    return await hasher_for(PasswordSettings.get()).verify(password, stored)


async def _check_breaches(password: str) -> None:
    url = PasswordSettings.get().password_breach_url
    if not url:
        return
    # Imported here: an HTTP client takes two megabytes per worker, and most workers never need it.
    from . import breaches  # noqa: PLC0415

    breached = await breaches.is_breached(password, url=url)
    if breached is None:
        log_event(Event.BREACH_CHECK_FAILED)
    if breached:
        raise _refusal(policy.Reason.PASSWORD_BREACHED)
