"""Signing keys and what tokens claim about their origin.

The simple case is two variables: JWT_SECRET and JWT_ALGORITHM. Rotation takes three restarts, so that no worker ever
sees a token signed by a key it lacks: `secrets add` (verify only), `secrets use` (sign), `secrets retire`.
"""

from functools import cached_property
from typing import Self

from pydantic import Field, SecretStr, model_validator

from ...settings import CoreSettings, Settings, Words
from .keys import ALGORITHMS, Key, generate, parse_key


class JWTSettings(Settings):
    """How access tokens are signed and verified."""

    jwt_secret: SecretStr
    """HS256: 32 random bytes or more as base64url or hex. ES256, Ed25519: a PKCS#8 key, base64url of its DER form."""
    jwt_algorithm: str = "HS256"
    jwt_other_keys: Words = Field(default=(), repr=False)
    """More keys that verify, each as `ALGORITHM:secret`: the next one before it signs, the last one until its tokens
    have expired."""
    jwt_issuer: str = ""
    jwt_audience: str = ""
    """Empty means PUBLIC_URL. A token of one environment must be worthless in the next (ASVS 9.2.4)."""

    @model_validator(mode="after")
    def _keys_are_sound(self) -> Self:
        if self.jwt_algorithm not in ALGORITHMS:
            raise ValueError(f"JWT_ALGORITHM must be one of {', '.join(ALGORITHMS)}")
        try:
            keys = self.keys
        except ValueError as error:
            raise ValueError(f"JWT_SECRET or JWT_OTHER_KEYS: {error}") from None
        if len(keys) != 1 + len(self.jwt_other_keys):
            raise ValueError("JWT_OTHER_KEYS repeats a key")
        return self

    @cached_property
    def signing_key(self) -> Key:
        return parse_key(self.jwt_algorithm, self.jwt_secret.get_secret_value())

    @cached_property
    def keys(self) -> dict[str, Key]:
        """Every key that verifies, by `kid`."""
        others = (parse_key(*word.partition(":")[::2]) for word in self.jwt_other_keys)
        return {key.kid: key for key in (self.signing_key, *others)}

    @property
    def issuer(self) -> str:
        return self.jwt_issuer or CoreSettings.get().base_url

    @property
    def audience(self) -> str:
        return self.jwt_audience or CoreSettings.get().base_url

    @classmethod
    def first_values(cls) -> dict[str, str]:
        return {"JWT_ALGORITHM": "HS256", "JWT_SECRET": generate("HS256")}
