"""The limits, as `limits` notation: "5/minute"."""

from contextlib import suppress
from functools import cache

from limits import RateLimitItem, parse, parse_many
from pydantic import field_validator

from ..errors import Misbuilt
from ..settings import Settings


class LimitSettings(Settings):
    """Base of each part's limits, fields called `limit_<name>`.

    Raising a limit gives a guesser more tries; lowering it lets a shared address hinder its own users.
    """

    @field_validator("*")
    @classmethod
    def _is_limit(cls, value: str) -> str:
        with suppress(ValueError):  # the library's message repeats the value
            (limit,) = parse_many(value)  # of several, the library would only count the first
            # A year is enough, and no calendar has the end of ten thousand.
            if limit.amount > 0 and limit.get_expiry() <= 366 * 86_400:
                return value
        raise ValueError("must be one limit that allows something in at most a year, for instance 5/minute")


class TokenLimits(LimitSettings):
    """The limit that every project needs."""

    limit_token: str = "60/minute"
    """Attempts with secrets other than passwords, by IP address."""


class UnknownLimit(Misbuilt):
    """A limit that no part has."""


def limit_called(name: str) -> RateLimitItem:
    """Return the limit `limit_<name>` of any part. Raises UnknownLimit."""
    field = f"limit_{name}"
    for part in Settings.classes:
        if issubclass(part, LimitSettings) and field in part.model_fields:
            return _parsed(getattr(part.get(), field))
    raise UnknownLimit(f"{field} is a field of no LimitSettings class that is imported (see own.py)")


_parsed = cache(parse)
