"""Yours. Rendered once and never touched by an update: powers and roles beside those of `scopes.py`.

Name one by its text: `require(Scope("orders:read"))`, `Role("clerk")`. A text that is in neither file stops the start.
"""

SCOPES: tuple[str, ...] = ()
"""For instance `"orders:read"`. Administrators have them all."""

ROLES: dict[str, tuple[str, ...]] = {}
"""What a role grants: `{"clerk": ("items:read", "orders:read")}`. `"user"`, which everybody has, gets these besides."""
