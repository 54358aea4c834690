"""A sample resource that belongs to users: copy its shape. It goes with this folder, `tests/items/`, its two lines in
`own.py`, and a migration. Its scopes in `auth/scopes.py` stay, for tests that narrow what a credential may do.
"""
