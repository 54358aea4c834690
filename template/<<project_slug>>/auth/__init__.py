"""Authentication: the map.

    request
      | authenticate(request): asks each reader in METHODS once
      |    no such credential -> None      bad -> 401      good -> Principal
      |    two credentials -> 400
      v
    Guard -- none, or an unknown scheme -> 401 with every method's challenge
      |   -- require(Scope.X) -> 403 insufficient_scope
      |   -- login too long ago -> 401 insufficient_user_authentication
      v
    endpoint(caller, db)   queries limited to the caller: somebody else's object is a 404

scopes.py        what may be granted, and to which roles; yours are in own_scopes.py
principal.py     the caller                     method.py        the contract of a method
methods.py       the chosen methods             dependencies.py  what endpoints ask for
closed.py        every route has a guard        accounts.py      the account behind a credential
lookup.py        many lookups, one query        credentials.py   revoking what was handed out

One folder per method, which has a `method.py`; the other folders hold what several methods share.

Imports run one way: principal <- method <- feature/method <- methods <- dependencies <- feature/router <- api <- main.
"""
