"""Yours. Rendered once and never touched by an update: ways to authenticate in addition to the chosen ones.

For instance, with a coroutine `read_robot` that returns a Principal, None, or raises InvalidCredential:

    robot = Method(
        name="robot",
        scheme={"type": "apiKey", "in": "header", "name": "X-Robot"},
        authenticate=read_robot,
        challenge='Robot realm="api"',
        header="x-robot",  # without it, a request could carry two credentials
    )

Separate from `own.py`, whose routers import the guards, which import this: in one file, the imports would be circular.
"""

from .method import Method

METHODS: tuple[Method, ...] = ()
