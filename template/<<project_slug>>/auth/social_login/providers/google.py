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
    new_proof: ClassVar[Mapping[str, str]] = {"max_age": "0"}  # its `prompt` knows no `login`

    @property
    def issuer(self) -> str:
        return ISSUER


google = Google()
