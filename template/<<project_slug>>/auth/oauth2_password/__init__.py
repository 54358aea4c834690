"""The OAuth2 password grant: `POST /auth/token`, the form that FastAPI's Authorize button and old clients use.

It is a deliberate deviation: RFC 9700, section 2.4, and ASVS 10.4.4 ban this grant, because it teaches users to type
their password into a client. Use it for your own, first-party clients only, never for somebody else's.

To remove it, delete this folder, its tests, and its lines in `auth/methods.py` and `api.py`.
"""
