"""Scopes as they are stored with a credential: one string, separated by spaces (RFC 6749, section 3.3)."""

from functools import lru_cache

from .scopes import Scope


@lru_cache
def parse_scope(text: str) -> frozenset[Scope]:
    """Return the scopes in a string; a name that the code no longer knows grants nothing."""
    words = text.split()
    return frozenset(scope for scope in Scope if scope in words)
