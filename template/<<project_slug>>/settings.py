"""Settings: environment variables first, then `.env`.

Each feature keeps its own class beside its code. `Settings.get()` reads a class once per process; `problems()` says,
in sentences for the operator, what makes the values unsafe. The app refuses to start while there are any.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from ipaddress import IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import BeforeValidator, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError


def _split(value: Any) -> Any:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Several words in one variable, separated by commas or spaces."""

RELAXED_ENVIRONMENTS = frozenset({"development", "test"})
"""Only these two names relax the checks. Any other name, or none, means production."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_IPV4_IN_IPV6 = IPv6Network("::ffff:0:0/96")
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_ORIGIN = re.compile(r"https://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[0-9]+)?")
"""What browsers send as `Origin` (RFC 6454, section 6.2): lower case, without a slash at the end."""


class Settings(BaseSettings):
    """Base of every settings class. Values never appear in error messages, since some of them are secrets."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    connects: ClassVar[bool] = False
    """Whether commands connect by these too, and thus refuse their problems."""
    classes: ClassVar[list[type["Settings"]]] = []
    _loaded: ClassVar[dict[type["Settings"], Any]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if cls.model_fields:  # otherwise it is a base of others
            Settings.classes.append(cls)

    @classmethod
    def get(cls) -> Self:
        """Return the process's one instance, read on first use."""
        if cls not in Settings._loaded:
            Settings._loaded[cls] = cls._read()
        loaded: Self = Settings._loaded[cls]
        return loaded

    @classmethod
    def _read(cls) -> Self:
        try:
            _refuse_broken_lines(Path(".env"))
            return cls()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(".env must be UTF-8 text that this user may read") from None

    @staticmethod
    def forget() -> None:
        """Read the environment again on next use, for tests and for commands that change `.env`."""
        Settings._loaded.clear()

    @classmethod
    def first_values(cls) -> dict[str, str]:
        """Return what the first development start writes to `.env`: fresh secrets, by variable name."""
        return {}

    def problems(self) -> Iterator[str]:
        """Yield a sentence about each value that is unsafe in production. Not called in development and test."""
        return iter(())

    def hints(self) -> Iterator[str]:
        """Yield a sentence about each optional feature that is off and how to turn it on. None of them is a problem."""
        return iter(())


def _refuse_broken_lines(env_file: Path) -> None:
    # They would be skipped: a limit lowered in one would silently keep its default.
    for binding in parse_stream(StringIO(env_file.read_text("utf-8") if env_file.exists() else "")):
        if binding.error or (binding.key and binding.value is None):
            raise SettingsError(f"Line {binding.original.line} of .env is not NAME=value")


class CoreSettings(Settings):
    """What the whole app needs to know."""

    environment: str = "production"
    public_url: str = ""
    """The URL that clients use, for instance `https://api.example.com`."""
    allowed_hosts: Words = ()
    """Host names to answer to; empty means the host of `public_url`."""
    cors_origins: Words = ()
    """Origins whose pages may call this API, for instance `https://app.example.com`."""
    trusted_proxies: Words = ()
    """IP addresses or networks whose X-Forwarded-* headers are trusted. None by default (ASVS 15.3.4)."""

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        with suppress(ValueError):  # its message would repeat the value
            urlsplit(value)
            return value
        raise ValueError("is not a URL, for instance https://api.example.com")

    @property
    def is_production(self) -> bool:
        return self.environment not in RELAXED_ENVIRONMENTS

    @property
    def base_url(self) -> str:
        """The public URL, without a trailing slash."""
        return (self.public_url or "http://127.0.0.1:8000").rstrip("/")

    @property
    def hosts(self) -> frozenset[str]:
        """Host names to answer to, lower case."""
        own = self.allowed_hosts or (urlsplit(self.base_url).hostname or "",)
        return frozenset(host.lower() for host in own) | (frozenset() if self.is_production else LOOPBACK)

    @classmethod
    def first_values(cls) -> dict[str, str]:
        return {"ENVIRONMENT": "development"}

    def problems(self) -> Iterator[str]:
        if not _is_origin(self.public_url):
            yield "PUBLIC_URL must be the https:// URL that clients use: a lower-case ASCII host, no path."
        for name in ("allowed_hosts", "cors_origins", "trusted_proxies"):
            if any("*" in word or _is_half_the_internet(word) for word in getattr(self, name)):
                yield f"{name.upper()} must list each member; a wildcard trusts everybody."
        if not all(_HOST.fullmatch(host) or _is_network(host) for host in self.allowed_hosts):
            yield "ALLOWED_HOSTS must be host names in ASCII, without a scheme, a port or a final dot."
        if any(not _is_network(proxy) for proxy in self.trusted_proxies):
            yield "TRUSTED_PROXIES must be IP addresses or networks, for instance 10.0.0.0/16."
        if any(not _is_origin(origin) for origin in self.cors_origins):
            yield "CORS_ORIGINS must be https:// origins in lower case, without a final slash, separated by spaces."

    def hints(self) -> Iterator[str]:
        if any(origin.endswith("/") for origin in self.cors_origins):
            yield "CORS_ORIGINS has a final slash, which no browser sends."
        if not self.cors_origins:
            yield "CORS_ORIGINS is empty, so no page from another origin may call this API."
        if not self.trusted_proxies:
            yield "TRUSTED_PROXIES is empty; behind a proxy, production refuses every request with `https_required`."


def _is_origin(address: str) -> bool:
    return _ORIGIN.fullmatch(address) is not None


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:  # also for host bits after the prefix, which would make uvicorn treat it as a name
        return False
    return True


def _is_half_the_internet(text: str) -> bool:
    network = ip_network(text) if _is_network(text) else None
    if isinstance(network, IPv6Network):
        # A listener for both families sees all of IPv4 in 96 bits, and no network of IPv6 is as large as 2000::/3.
        return network.prefixlen < (104 if network.overlaps(_IPV4_IN_IPV6) else 24)
    return network is not None and network.prefixlen < 8


class UnsafeSettings(Exception):
    """The app must not start; the message has one line per problem."""


def find_problems() -> list[str]:
    """Check every settings class that has been imported; return sentences, empty when all is well."""
    try:
        production = CoreSettings.get().is_production
    except ValueError as error:  # nothing else can be judged without these
        return list(_sentences(error))
    return [line for cls in Settings.classes for line in _problems_of(cls, production=production)]


def _problems_of(cls: type[Settings], *, production: bool) -> Iterator[str]:
    try:
        settings = cls.get()
    except ValueError as error:
        yield from _sentences(error)
        return
    if production:
        yield from settings.problems()


def find_hints() -> Iterator[str]:
    """Yield the hints of every settings class whose values are valid."""
    for cls in Settings.classes:
        with suppress(ValueError):
            yield from cls.get().hints()


def _sentences(error: ValueError) -> Iterator[str]:
    if not isinstance(error, ValidationError):  # a list or table that is not valid JSON
        yield f"{error}."
        return
    for detail in error.errors():
        variable = "_".join(str(part) for part in detail["loc"]).upper()
        message = "must be set; .env.example explains it" if detail["type"] == "missing" else detail["msg"]
        yield ": ".join(filter(None, [variable, f"{message.removeprefix('Value error, ')}."]))


def refuse_unsafe_settings() -> None:
    """Refuse to start on any problem (ASVS 13.2.3, 13.4.2): a weak default that starts is a default that ships."""
    if problems := find_problems():
        raise UnsafeSettings("\n".join(["Refusing to start:", *(f"- {problem}" for problem in problems)]))
