"""Yours. Rendered once and never touched by an update: your own providers, in addition to the chosen ones.

`provider.py` defines what a provider is, and `providers/` has examples. Its tests are yours too.
"""

from .provider import Provider

PROVIDERS: tuple[Provider, ...] = ()
