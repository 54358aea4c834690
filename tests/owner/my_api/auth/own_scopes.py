"""The owner's powers and roles."""

SCOPES: tuple[str, ...] = ("orders:read", "orders:write")
ROLES: dict[str, tuple[str, ...]] = {"support": ("orders:read",), "user": ("orders:write",)}
