"""Signed access tokens (RFC 9068) and the JSON login.

Use it when other services verify tokens themselves, or when a client expects a JWT. The signature never decides alone:
the session is looked up at every request, so a logout is felt at once.

keys.py     signing keys and their rotation      access.py   issue and read tokens
memory.py   verified signatures, remembered      router.py   POST /auth/login, /.well-known/jwks.json
"""
