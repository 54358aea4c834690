"""OpenID Connect: discovery, keys, and the verification of ID tokens (OIDC Core, section 3.1.3.7; RFC 8725).

PyJWT checks the signature. Whether algorithm and key belong together, and every claim, is checked here.
"""

import hashlib
import json
import re
from abc import abstractmethod
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

import jwt
from jwt.algorithms import OKPAlgorithm

from ...clock import now
from ...errors import BadRequest
from . import outbound
from .outbound import COOL_DOWN, Documents, ProviderFailed
from .provider import Endpoints, Identity, Provider, identity, string
from .settings import is_safe

HASHES = {"RS256": "sha256", "PS256": "sha256", "ES256": "sha256", "EdDSA": "sha512", "Ed25519": "sha512"}
"""The accepted algorithms, each with the hash for `at_hash`. RS256 is here only because providers use it.

The last two are one: RFC 9864 deprecates its older name.
"""
LEEWAY = 30
"""Seconds by which the provider's clock may run ahead."""
MAX_AGE = 600
"""Greatest age of an ID token in seconds: it was made for this login, and a login takes no longer."""
MAX_LENGTH = 16_384

_COMPACT = re.compile(r"e[A-Za-z0-9_-]+\.e[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")  # base64url of `{` begins with an e
_JWS = jwt.PyJWS(options={"enforce_minimum_key_length": True})
with suppress(ValueError):  # once PyJWT knows the newer name itself
    _JWS.register_algorithm("Ed25519", OKPAlgorithm())

Keys = Mapping[str, Mapping[str, Any]]


class InvalidIDToken(BadRequest):
    """The ID token does not prove who logged in: one answer for every reason (ASVS 11.2.5)."""

    code = "invalid_id_token"
    detail = "The provider's proof of identity is not valid."

    def __init__(self, reason: str) -> None:
        """`reason` is for the log only."""
        self.reason = reason
        super().__init__()


class OpenIDProvider(Provider):
    """A provider that publishes its metadata and signs ID tokens. Subclasses name the issuer."""

    scope = "openid email profile"
    new_proof: ClassVar[Mapping[str, str]] = {"prompt": "login"}
    """How to ask for a proof made now. `max_age=0` means the same, but many providers ignore or cannot satisfy it."""

    @property
    @abstractmethod
    def issuer(self) -> str:
        """The issuer, exactly as its metadata must say (OIDC Discovery, section 4.3)."""

    @property
    def discovery(self) -> str:
        """Where the metadata is."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    @property
    def other_audiences(self) -> tuple[str, ...]:
        """Who else an ID token may be for."""
        return ()

    @property
    def max_age(self) -> int | None:
        """The greatest number of seconds since the last proof that lets somebody in."""
        return None

    def parameters(self, max_age: int | None) -> Mapping[str, str]:
        wanted = [age for age in (max_age, self.max_age) if age]
        asked = {"max_age": str(min(wanted))} if wanted else super().parameters(max_age)
        return {**asked, **(self.new_proof if max_age == 0 else {})}

    def issuer_for(self, claims: Mapping[str, Any]) -> str:
        """Return what `iss` of an ID token must be. Raises InvalidIDToken where there can be none."""
        return self.issuer

    def accepts(self, issuer: str) -> bool:
        return issuer == self.issuer

    def may_sign(self, jwk: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
        """Whether one of the provider's keys may sign for the issuer in the claims."""
        return True

    def is_email_proved(self, claims: Mapping[str, Any]) -> bool:
        """Whether the provider says that it has proved the address: the value `true`, not a string (SO-1)."""
        return claims.get("email_verified") is True

    async def endpoints(self, documents: Documents) -> Endpoints:
        return await documents.at(self.discovery, self._parse_metadata).get()

    def _parse_metadata(self, metadata: Any) -> Endpoints:
        if not isinstance(metadata, dict) or metadata.get("issuer") != self.issuer:
            raise ProviderFailed("issuer")
        required = {name: string(metadata, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        userinfo = string(metadata, "userinfo_endpoint")
        if not all(map(is_safe, required.values())) or not (userinfo == "" or is_safe(userinfo)):
            raise ProviderFailed("address")
        takes = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if not isinstance(takes, list):
            raise ProviderFailed("token_endpoint_auth_methods_supported")
        return Endpoints(
            authorization=required["authorization_endpoint"],
            token=required["token_endpoint"],
            jwks=required["jwks_uri"],
            userinfo=userinfo,
            takes_basic="client_secret_basic" in takes,
            issuer=self.issuer,
            announces_issuer=metadata.get("authorization_response_iss_parameter_supported") is True,
        )

    async def identify(self, documents: Documents, tokens: Mapping[str, Any], nonce: str) -> Identity:
        endpoints = await self.endpoints(documents)
        access_token = string(tokens, "access_token")
        claims = await self._claims(documents, endpoints.jwks, string(tokens, "id_token"))
        if reason := next(self.faults(claims, nonce, access_token), None):
            raise InvalidIDToken(reason)
        profile = claims
        if "email" not in claims and endpoints.userinfo:
            profile = await _userinfo(endpoints.userinfo, access_token, claims["sub"])
        found = identity(
            claims["iss"],
            claims["sub"],
            profile,
            is_email_proved=self.is_email_proved(profile),
            picture=profile.get("picture"),
        )
        return replace(found, proved_at=_proved_at(claims.get("auth_time")))

    async def _claims(self, documents: Documents, jwks: str, token: str) -> dict[str, Any]:
        document = documents.at(jwks, _parse_keys)
        try:
            return _verified(token, await document.get())
        except InvalidIDToken:  # its key may be a new one, even under the name of an old one
            return _verified(token, await document.get(COOL_DOWN))

    def faults(self, claims: Mapping[str, Any], nonce: str, access_token: str) -> Iterator[str]:
        """Yield what is wrong with an ID token, for the log: claims that do not prove who logged in here and now."""
        moment = now().timestamp()
        if claims.get("iss") != self.issuer_for(claims) or not self.may_sign(claims["jwk"], claims):
            yield "iss"
        if not _is_for(claims, self.client.id, self.other_audiences):
            yield "aud"
        if not (is_time(claims.get("exp")) and claims["exp"] > moment):
            yield "exp"
        if not (is_time(claims.get("iat")) and moment - MAX_AGE <= claims["iat"] <= moment + LEEWAY):
            yield "iat"
        if not (is_time(claims.get("nbf", 0)) and claims.get("nbf", 0) <= moment + LEEWAY):
            yield "nbf"
        # The browser carries our wish to the provider, and whoever owns it can take the wish out (ASVS 6.8.4).
        if not _is_recent(claims.get("auth_time"), self.max_age):
            yield "auth_time"
        # Our own value, made for this login: a replayed token of another login has a different one.
        if claims.get("nonce") != nonce:
            yield "nonce"
        if "at_hash" in claims and claims["at_hash"] != _half_hash(claims["alg"], access_token):
            yield "at_hash"
        if type(claims.get("sub")) is not str:
            yield "sub"


def _verified(token: str, keys: Keys) -> dict[str, Any]:
    """Return the claims of a token whose signature is the provider's, with its key as `jwk` and its `alg`."""
    if len(token) > MAX_LENGTH or not _COMPACT.fullmatch(token):
        raise InvalidIDToken("form")
    try:
        header = jwt.get_unverified_header(token)
        # Embedded keys and addresses of keys (`jwk`, `x5c`, `jku`) are never looked at (ASVS 9.1.3).
        algorithm, kid = str(header.get("alg")), header.get("kid", "")
        # Tokens of other kinds, signed with the same keys, have a type of their own (RFC 8725, section 3.11).
        is_other_kind = str(header.get("typ", "JWT")).upper() != "JWT"
        if algorithm not in HASHES:
            raise InvalidIDToken("alg")
        if type(kid) is not str or is_other_kind:
            raise InvalidIDToken("header")
        if not (jwk := keys.get(kid)):
            raise InvalidIDToken("kid")
        claims = json.loads(_JWS.decode(token, _key(jwk, algorithm), [algorithm]))
        return {**claims, "alg": algorithm, "jwk": jwk}
    # On hostile input, PyJWT raises more than its own errors.
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise InvalidIDToken(type(error).__name__) from None


def _is_recent(proved_at: Any, max_age: int | None) -> bool:
    if proved_at is None:
        return max_age is None
    moment = now().timestamp()
    earliest = 0 if max_age is None else moment - max_age - LEEWAY
    return is_time(proved_at) and earliest <= proved_at <= moment + LEEWAY


def is_time(claim: Any) -> bool:
    """Whether a claim is a NumericDate, which may have a fraction (RFC 7519, section 2); NaN and Infinity are not."""
    return type(claim) in (int, float) and 0 <= claim < 2**53


def _proved_at(auth_time: float | None) -> float | None:
    # Their clock may run ahead of ours, but nothing was proved in the future.
    return None if auth_time is None else min(auth_time, now().timestamp())


def _is_for(claims: Mapping[str, Any], client_id: str, others: tuple[str, ...]) -> bool:
    """Whether the token is for us: as the only audience, or as `azp` among trusted ones (OIDC Core, 3.1.3.7)."""
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or client_id not in named or any(each not in (client_id, *others) for each in named):
        return False
    return bool(claims.get("azp", client_id if len(named) == 1 else None) == client_id)


def _half_hash(algorithm: str, access_token: str) -> str:
    """Return `at_hash`: the left half of the hash (OIDC Core, section 3.1.3.6)."""
    digest = hashlib.new(HASHES[algorithm], access_token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def _parse_keys(document: Any) -> Keys:
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not all(isinstance(key, dict) for key in listed):
        raise ProviderFailed("keys")
    # One that has another form is ignored (RFC 7517, section 5).
    keys = {key.get("kid", ""): key for key in listed[:100] if isinstance(key.get("kid", ""), str)}
    # A provider with a single key need not name it (OIDC Core, section 10.1).
    return {**keys, "": listed[0]} if len(listed) == 1 else keys


def _key(jwk: Mapping[str, Any], algorithm: str) -> Any:
    # One key, one algorithm: the key's own `alg` and `use` are binding (RFC 8725, section 3.1), and so is the curve,
    # which `EdDSA` leaves open (RFC 9864).
    is_other_curve = jwk.get("kty") == "OKP" and jwk.get("crv") != "Ed25519"
    # Anybody can use a private key that was published.
    if jwk.get("alg", algorithm) != algorithm or jwk.get("use", "sig") != "sig" or is_other_curve or "d" in jwk:
        raise InvalidIDToken("key")
    return _JWS.get_algorithm_by_name(algorithm).from_jwk(dict(jwk))


async def _userinfo(url: str, access_token: str, subject: str) -> dict[str, Any]:
    profile = await outbound.get(url, token=access_token)
    # Another subject's profile would put a stranger's address on this account (OIDC Core, section 5.3.2).
    if not isinstance(profile, dict) or profile.get("sub") != subject:
        raise InvalidIDToken("userinfo")
    return profile
