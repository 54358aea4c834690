"""The owner's powers and roles."""

SCOPES: tuple[str, ...] = ("orders:read",)
ROLES: dict[str, tuple[str, ...]] = {"support": ("orders:read",)}
