"""Signing keys: one key, one algorithm, one `kid` (RFC 8725, section 3.1). No RSA PKCS#1 v1.5 (ASVS 11.6.1)."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

ALGORITHMS = ("HS256", "ES256", "Ed25519")

_PLACEHOLDERS = ("changeme", "secret", "password", "example", "placeholder", "insecure")
_HEX = re.compile(r"[0-9a-fA-F]{64,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43,}={0,2}")
_WORD = re.compile("[A-Za-z][a-z]{2,}")
_FASTAPI_DOCS_KEY = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"

Signing = bytes | ec.EllipticCurvePrivateKey | Ed25519PrivateKey
Verifying = bytes | ec.EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Key:
    """A key. `algorithm` is the JWS name, which for Ed25519 is EdDSA (RFC 8037)."""

    kid: str
    algorithm: str
    signing: Signing = field(repr=False)
    verifying: Verifying = field(repr=False)
    public_jwk: dict[str, Any] | None = None
    """The public members (RFC 7517); None for a shared secret, which has none."""


def generate(algorithm: str) -> str:
    """Return fresh key material for JWT_SECRET."""
    if algorithm == "HS256":
        return token_urlsafe(48)
    private = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else Ed25519PrivateKey.generate()
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return urlsafe_b64encode(der).decode().rstrip("=")


def parse_key(algorithm: str, material: str) -> Key:
    """Read a key. Raises ValueError with a sentence for the operator, which never repeats the material."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"a key is written ALGORITHM:secret, with one of {', '.join(ALGORITHMS)}")
    return _shared_secret(material) if algorithm == "HS256" else _private_key(algorithm, material)


def _shared_secret(material: str) -> Key:
    if reason := weakness_of(material):
        raise ValueError(f"the secret {reason}; make one with: openssl rand -base64 48")
    secret = material.encode()
    # Domain-separated, so that the public kid reveals nothing about a digest of the secret used elsewhere.
    kid = hashlib.sha256(b"kid:" + secret).hexdigest()[:16]
    return Key(kid, "HS256", secret, secret)


def weakness_of(secret: str) -> str | None:
    """Say why a shared secret could be guessed, or None (RFC 8725, section 3.5; ASVS 11.2.3)."""
    if len(secret) < 32:
        return "has fewer than 32 bytes"
    if secret == _FASTAPI_DOCS_KEY or any(word in secret.lower() for word in _PLACEHOLDERS):
        return "is a well-known placeholder"
    if len(set(secret)) < 12 or _is_phrase(secret) or _is_regular(secret):
        return "is not random"
    return None


def _is_phrase(secret: str) -> bool:
    # Thirty-two random bytes are 64 hexadecimal digits or 43 characters of base64, which have both cases and seldom
    # look like words: of 100,000, one at most is four fifths of WordsLikeThese.
    words = sum(map(len, _WORD.findall(secret)))
    is_base64 = _BASE64.fullmatch(secret) and secret not in (secret.lower(), secret.upper())
    return not _HEX.fullmatch(secret) and (not is_base64 or words > len(secret) * 4 / 5)


def _is_regular(secret: str) -> bool:
    repeats = any(secret.startswith(secret[period:]) for period in range(1, len(secret) // 2 + 1))
    # One by one, and as bytes in hexadecimal: 000102.
    counts = any(
        sum(abs(ord(one) - ord(other)) < 2 for one, other in zip(secret, secret[step:], strict=False)) > len(secret) / 2
        for step in (1, 2)
    )
    return repeats or counts


def _private_key(algorithm: str, material: str) -> Key:
    private = _load(material)
    if algorithm == "ES256" and isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name == "secp256r1":
        public = private.public_key()
        return _with_thumbprint("ES256", private, public, ECAlgorithm.to_jwk(public, as_dict=True))
    if algorithm == "Ed25519" and isinstance(private, Ed25519PrivateKey):
        edwards = private.public_key()
        return _with_thumbprint("EdDSA", private, edwards, OKPAlgorithm.to_jwk(edwards, as_dict=True))
    raise ValueError(f"the key is not one for {algorithm}")


def _load(material: str) -> object:
    try:
        return load_der_private_key(urlsafe_b64decode(material + "=" * (-len(material) % 4)), None)
    except (ValueError, TypeError):
        raise ValueError("the key is not a PKCS#8 private key in base64url") from None


def _with_thumbprint(algorithm: str, signing: Signing, verifying: Verifying, jwk: Mapping[str, Any]) -> Key:
    members: dict[str, Any] = {name: jwk[name] for name in ("crv", "kty", "x", "y") if name in jwk}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    kid = urlsafe_b64encode(hashlib.sha256(canonical).digest()).decode().rstrip("=")  # RFC 7638
    return Key(kid, algorithm, signing, verifying, {**members, "kid": kid, "alg": algorithm, "use": "sig"})
