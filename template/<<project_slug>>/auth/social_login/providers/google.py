"""Google. Create a client under "APIs & Services", "Credentials" of its console."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import SecretStr

from ..openid import OpenIDProvider
from ..settings import ClientSettings

ISSUER = "https://accounts.google.com"


class GoogleSettings(ClientSettings):
    """The client that Google knows."""

    provider: ClassVar[str] = "google"
    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")


class Google(OpenIDProvider):
    name = "google"
    title = "Google"
    settings = GoogleSettings

    @property
    def issuer(self) -> str:
        return ISSUER

    def parameters(self, max_age: int | None) -> Mapping[str, str]:
        # Its `prompt` has no `login`.
        return {} if max_age is None else {"max_age": str(max_age)}


google = Google()
