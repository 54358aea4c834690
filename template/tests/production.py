"""Settings that are fit for production, as far as tests can have them."""

PRODUCTION = {
    "ENVIRONMENT": "production",
    "ALLOW_SQLITE_IN_PRODUCTION": "true",
    "ARGON2_MEMORY_KIB": "19456",
    "ARGON2_TIME_COST": "2",
}
