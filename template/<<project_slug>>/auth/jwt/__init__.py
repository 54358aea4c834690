"""Signed access tokens (RFC 9068) and the JSON login.

Use it when other services verify tokens themselves, or when a client expects a JWT. The signature never decides alone:
the session is looked up at every request, so a logout takes effect at once.

keys.py     signing keys and their rotation      access.py   issue and read tokens
memory.py   verified signatures, remembered      router.py   POST /auth/login, /.well-known/jwks.json

To remove it, delete this folder, its tests, its settings, and its lines in `auth/methods.py` and `api.py`. If another
method has tokens, take `auth/opaque`, with tests, and `auth/tokens/format.py` from a project rendered without jwt.
`deptry .` then says what `pyproject.toml` no longer needs; tests of social login still sign with cryptography.
"""
