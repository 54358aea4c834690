"""Every operation of the app, from its own OpenAPI document: a new endpoint is swept without being listed anywhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

UNLIMITED = {f"LIMIT_{name}": "9999/minute" for name in ("LOGIN", "MAIL", "KEYS", "TOKEN")}
"""Settings for sweeps, whose many requests come from one address."""

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be called. `path` has an unknown id where one is due; `scopes` is None for a public one."""

    verb: str
    path: str
    scopes: frozenset[str] | None
    fields: dict[str, Any] | None
    """The properties of its JSON body; None when it takes none."""


def operations(app: FastAPI) -> list[Operation]:
    """List everything that the app offers."""
    return list(_operations(app.openapi()))


def verbs_by_path(app: FastAPI) -> dict[str, set[str]]:
    """List the paths and what each of them is for."""
    verbs: dict[str, set[str]] = {}
    for each in operations(app):
        verbs.setdefault(each.path, set()).add(each.verb)
    return verbs


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    for path, verbs in document["paths"].items():
        for verb, details in verbs.items():
            needed = frozenset(scope for each in details["security"] for scopes in each.values() for scope in scopes)
            scopes = needed if details["security"] else None
            yield Operation(verb.upper(), re.sub(r"\{.*?\}", UNKNOWN_ID, path), scopes, _fields(details, schemas))


def _fields(details: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any] | None:
    body = details.get("requestBody", {}).get("content", {}).get("application/json")
    if body is None:
        return None
    properties: dict[str, Any] = schemas[body["schema"]["$ref"].rpartition("/")[2]]["properties"]
    return properties
