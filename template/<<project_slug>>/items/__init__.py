"""A sample resource that belongs to users: copy its shape. To remove it, delete this folder, `tests/items/`, its import
and its name in `own.py`, where `ROUTERS` stays, and write a migration; then `poe fix`. Its scopes in `auth/scopes.py`
stay, for tests that narrow what a credential may do.
"""
