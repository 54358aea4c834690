"""What README.md names exists. Delete this file if you write that anew."""

import re

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from ..conftest import PROJECT
from .conftest import PACKAGE

README = (PROJECT / "README.md").read_text("utf-8")


async def test_every_address_in_the_readme_exists(app: FastAPI) -> None:
    named = re.findall(r"(?:GET|POST|PATCH|DELETE|API|:8000|`)\s?(/[a-z.][\w./{}-]*)", README)
    routes = {route.path for route in iter_route_contexts(app.routes)}
    assert "/users" in named
    assert set(named) <= routes


def test_every_file_in_the_readme_exists() -> None:
    named = re.findall(r"`([\w./]+(?:/|\.py))`", README)
    assert [name for name in named if not any((root / name).exists() for root in (PROJECT, PACKAGE))] == []
