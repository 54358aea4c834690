"""Yours. Rendered once and never touched by an update: scopes and roles in addition to those in `scopes.py`.

Name one by its text: `require(Scope("orders:read"))`, `Role("clerk")`. One that is in neither file prevents the start.
"""

SCOPES: tuple[str, ...] = ()
"""For instance `"orders:read"`. Administrators have them all."""

ROLES: dict[str, tuple[str, ...]] = {}
"""What a role grants: `{"clerk": ("items:read", "orders:read")}`. To `"user"`, which every new account has, it adds.
What you take away ends at the next request; what you add does not widen what was issued before, such as at login."""
