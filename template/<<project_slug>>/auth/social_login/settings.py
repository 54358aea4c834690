"""Where a login may lead, and the clients that the providers know."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from ...settings import LOOPBACK, CoreSettings, Settings, Words

PREFIX = "/auth/social"


class SocialSettings(Settings):
    """Where the one-time code may go after a login."""

    social_redirects: Words = ()
    """Addresses of your pages that finish a login, for instance `https://app.example.com/signed-in`, each exactly as
    `next` will name it. The first is used when a login names none."""

    def problems(self) -> Iterator[str]:
        if any(not is_safe(address) or "#" in address for address in self.social_redirects):
            yield "SOCIAL_REDIRECTS must be https:// addresses without a fragment: the login code is sent there."

    def hints(self) -> Iterator[str]:
        if not self.social_redirects:
            yield "SOCIAL_REDIRECTS is empty; a login has to name a path of this host in `next`."
        known = {*CoreSettings.get().cors_origins, CoreSettings.get().base_url}
        for origin in sorted({_origin(address) for address in self.social_redirects} - known):
            yield f"CORS_ORIGINS does not list {origin}, so its pages in SOCIAL_REDIRECTS cannot open a login's code."


def _origin(address: str) -> str:
    return "/".join(address.split("/")[:3])


def is_safe(address: str) -> bool:
    """Whether an address has TLS, no user name, and a host with a name and not just a number (ASVS 1.3.6, 12.2.1).

    Outside production, plain HTTP to this machine is accepted too.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if host in LOOPBACK:
        return parts.scheme in ("http", "https") and not CoreSettings.get().is_production
    # Providers have names. An IP address, perhaps in hexadecimal, may be a cloud's metadata service.
    is_name = "." in host and ":" not in host and host.rpartition(".")[2][:1].isalpha()
    return parts.scheme == "https" and is_name and "@" not in parts.netloc and address.isascii()


@dataclass(frozen=True, slots=True)
class Client:
    """How a provider knows this project."""

    id: str
    secret: SecretStr


def redirect_uri(provider: str) -> str:
    """Return the address to register at a provider: fixed, whatever the request's Host is (RFC 9700, section 2.1)."""
    return f"{CoreSettings.get().base_url}{PREFIX}/{provider}/callback"


class ClientSettings(Settings):
    """Base of the providers' settings, which name `<provider>_client_id` and `<provider>_client_secret`."""

    provider: ClassVar[str]

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """Return the names of the settings that the provider needs."""
        return f"{cls.provider}_client_id", f"{cls.provider}_client_secret"

    @property
    def is_configured(self) -> bool:
        return all(self._given().values())

    @property
    def client(self) -> Client:
        return Client(getattr(self, f"{self.provider}_client_id"), getattr(self, f"{self.provider}_client_secret"))

    def problems(self) -> Iterator[str]:
        if any(self._given().values()):
            yield from self.hints()

    def hints(self) -> Iterator[str]:
        if not self.is_configured:
            variables = ", ".join(self._given())
            yield f"{variables} come from the provider, after you register {redirect_uri(self.provider)} there."

    def _given(self) -> dict[str, bool]:
        return {name.upper(): bool(getattr(self, name)) for name in self.needed()}
