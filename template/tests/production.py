"""Settings that are fit for production, as far as tests can have them."""

from .storage import FIT

PRODUCTION = {"ENVIRONMENT": "production", "ARGON2_MEMORY_KIB": "19456", "ARGON2_TIME_COST": "2", **FIT}
