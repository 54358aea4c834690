"""Yours. Rendered once and never touched by an update: places to sign in with beside the chosen ones.

`provider.py` says what one is, and `providers/` has examples. Its tests are yours too.
"""

from .provider import Provider

PROVIDERS: tuple[Provider, ...] = ()
