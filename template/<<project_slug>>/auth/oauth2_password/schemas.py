"""The form of the token endpoint, for OpenAPI. It is read by `tokens.oauth`, which keeps to RFC 6749."""

from typing import Any


def _text(length: int, **more: str) -> dict[str, Any]:
    return {"type": "string", "maxLength": length, **more}


FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["password", "refresh_token"]},
                        "username": _text(200),
                        "password": _text(1024, format="password"),
                        "refresh_token": _text(200),
                        "scope": _text(1000),
                    },
                }
            }
        },
    }
}
