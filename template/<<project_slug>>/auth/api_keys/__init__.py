"""API keys: a long-lived secret for a program, in the header `X-API-Key`.

Use them for unattended servers, jobs and command lines. A key can do what its scopes and its owner's roles both allow,
until it expires, is revoked, or its account is disabled; that takes effect on the next request. It never holds
`account:write`, so it cannot make keys, change credentials or take over the account.

A key is `<brand>_<id>_<secret><checksum>`; the id is public. For secret scanners, with the default brand:

    key_[a-z2-7]{16}_[a-z2-7]{59}

Owners make, rotate and revoke keys where they can log in; operators always can, by the command `api-keys`.

text.py      the text of a key                 access.py     the reader of X-API-Key
service.py   make, rotate, revoke, list        last_use.py   when a key was last used
router.py    /auth/api-keys, for those who are logged in; left out where nobody can log in

To remove them, delete this folder, its tests, its settings, and its lines in `auth/methods.py` and `api.py`; then
`poe migration "drop api keys"`.
"""
