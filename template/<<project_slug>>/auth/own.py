"""Yours. Rendered once and never touched by an update: ways to authenticate in addition to the chosen ones.

For instance, with a coroutine `read_robot` that takes Starlette's HTTPConnection, and returns a Principal, None, or
raises InvalidCredential:

    robot = Method(
        name="robot",
        scheme={"type": "apiKey", "in": "header", "name": "X-Robot"},
        authenticate=read_robot,
        challenge='Robot realm="api"',
        header="x-robot",  # without it, a request could carry two credentials
    )

A Principal needs the account as it is at this request, and scopes within its roles. Select `ACCOUNT_COLUMNS` where
`is_usable()`, and pass the row to `account_of` (all in `accounts.py`); `scopes_of(account.roles)` is the most that it
may have. With `row_query` and `JoinedLookup` of `lookup.py`, parallel requests share one query.

A method that was chosen may refuse every token of its scheme that is not its own, such as Bearer. Move one of another
system to a header of its own, by a class in `MIDDLEWARE` of `own.py`.

A header that a proxy sets can be forged by anybody who reaches the app directly. So let nobody but the proxy reach it,
and let the proxy delete the client's own copy, also where it sets none. A request carries one credential only: with
another one, such as an Authorization header, it is refused (400).

Separate from `own.py`, whose routers import the guards, which import this: in one file, the imports would be circular.
"""

from .method import Method

METHODS: tuple[Method, ...] = ()
