"""ID tokens put together by hand, not with the library under test."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from hmac import digest as hmac
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
EDWARDS_KEYS: dict[str, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey] = {
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "Ed448": ed448.Ed448PrivateKey.generate(),
}
SHORT_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it must be refused
MOMENT = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())


def base64(value: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def part(document: object) -> str:
    """Return a part of a token."""
    return base64(json.dumps(document).encode())


def jwk(key: ec.EllipticCurvePrivateKey = KEY, **members: Any) -> dict[str, Any]:
    """Return the public key as a provider publishes it."""
    numbers = key.public_key().public_numbers()
    point = {"x": base64(numbers.x.to_bytes(32)), "y": base64(numbers.y.to_bytes(32))}
    return {"kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256", "use": "sig", **point, **members}


def rsa_jwk(key: rsa.RSAPrivateKey = RSA_KEY, /, **members: Any) -> dict[str, Any]:
    """Return the public RSA key as a provider publishes it."""
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": "1", "n": base64(numbers.n.to_bytes(key.key_size // 8)), "e": "AQAB", **members}


def sign(claims: dict[str, Any], *, key: ec.EllipticCurvePrivateKey = KEY, **header: Any) -> str:
    """Return a token that is good except where claims and header differ; a claim of None is left out."""
    moment = int(time.time())
    claims = {"exp": moment + 300, "iat": moment} | claims
    present = {name: value for name, value in claims.items() if value is not None}
    signed = f"{part({'alg': 'ES256', 'kid': '1'} | header)}.{part(present)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{base64(r.to_bytes(32) + s.to_bytes(32))}"


def edwards_jwk(curve: str) -> dict[str, Any]:
    """Return the public key on an Edwards curve as a provider publishes it."""
    public = EDWARDS_KEYS[curve].public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": curve, "kid": "1", "x": base64(public)}


def by_secret(secret: bytes, alg: str = "HS256") -> Callable[[dict[str, Any]], str]:
    """Sign with a shared secret that an attacker knows."""
    return partial(_sign, alg=alg, by=lambda signed: hmac(secret, signed, "sha256"))


def by_rsa(claims: dict[str, Any], key: rsa.RSAPrivateKey = RSA_KEY, *, alg: str = "RS256") -> str:
    """Return a token as Google and Microsoft sign theirs; with RS512 or PS256 if told."""
    digest = SHA512() if alg == "RS512" else SHA256()
    filling = padding.PSS(padding.MGF1(digest), digest.digest_size) if alg == "PS256" else padding.PKCS1v15()
    return _sign(claims, alg=alg, by=lambda signed: key.sign(signed, filling, digest))


def by_edwards(claims: dict[str, Any], *, curve: str, alg: str) -> str:
    """Return a token signed on an Edwards curve, which the older name of the algorithm leaves open."""
    return _sign(claims, alg=alg, by=EDWARDS_KEYS[curve].sign)


def _sign(claims: dict[str, Any], *, alg: str, by: Callable[[bytes], bytes]) -> str:
    moment = int(time.time())
    signed = f"{part({'alg': alg, 'kid': '1'})}.{part({'exp': moment + 300, 'iat': moment} | claims)}"
    return f"{signed}.{base64(by(signed.encode()))}"
