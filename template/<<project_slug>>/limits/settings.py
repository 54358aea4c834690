"""The limits, as `limits` notation: "5/minute"."""

from functools import cache

from limits import RateLimitItem, parse
from pydantic import field_validator

from ..settings import Settings


class LimitSettings(Settings):
    """Raising a limit gives a guesser more tries; lowering it lets a shared address hinder its own users."""

    limit_login: str = "20/minute"
    """Sign-ins by address."""
    limit_login_account: str = "5/minute"
    """Sign-ins by account and address: a stranger elsewhere cannot use up the owner's tries."""
    limit_login_failures: str = "100/30 days"
    """Failures in a row by account, from anywhere; then sign-in pauses until a mailed reset or the end of the window
    (NIST 800-63B-4, 3.2.2)."""
    limit_mail: str = "20/hour"
    """Requests that send mail, by address of the asker."""
    limit_mail_account: str = "5/hour"
    """Mails of one kind to one address: more would make this project a tool to flood a mailbox. Each kind counts by
    itself, so that nobody can block a reset by signing the address up."""
    limit_keys: str = "20/hour"
    """API keys made and rotated, by address."""
    limit_token: str = "60/minute"
    """What is tried with tokens, by address: refreshes, revocations, mailed codes, the steps of a login at a provider,
    API keys that are no good."""

    @field_validator("*")
    @classmethod
    def _is_limit(cls, value: str) -> str:
        if parse(value).amount < 1:
            raise ValueError("must allow something, for instance 5/minute")
        return value

    def item(self, name: str) -> RateLimitItem:
        """Return the limit called `limit_<name>`."""
        return _parsed(getattr(self, f"limit_{name}"))


_parsed = cache(parse)
