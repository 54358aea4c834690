"""`POST /auth/refresh`: new tokens for a refresh token, in JSON."""
