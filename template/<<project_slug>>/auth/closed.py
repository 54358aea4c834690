"""Closed by default: at start, every route must require a caller or be PUBLIC. OpenAPI says what each requires."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic.json_schema import models_json_schema

from ..errors import Misbuilt
from ..limits.service import AddressLimit
from ..limits.settings import limit_called
from ..schemas import ProblemDetails
from .dependencies import Guard, caller_if_any, public
from .methods import METHODS

FORGOTTEN = "has neither a guard nor PUBLIC (see auth/dependencies.py)"
NO_ENDPOINT = "is not an endpoint and cannot have a guard: serve files by a router's frontend(), another app elsewhere"
NO_REQUEST = "is a WebSocket, which guards cannot read: make it PUBLIC, and let it ask by itself (see AGENTS.md)"
NO_ROUTER = "frontend() serves everybody here: call it on an APIRouter whose dependencies are a guard or PUBLIC"


class UnguardedRoute(Misbuilt):
    """A route that says neither who may call it nor that anybody may. Add a guard, or PUBLIC if that is intended."""


def _calls(dependant: Dependant | None) -> Iterator[Any]:
    for child in dependant.dependencies if dependant else ():
        yield child.call
        yield from _calls(child)


def guards_of(route: RouteContext) -> list[Guard] | None:
    """Return the guards on a route and on its routers; None when it is PUBLIC. Raises UnguardedRoute."""
    dependant = getattr(route, "dependant", None)
    calls = list(_calls(dependant))
    guards = [call for call in calls if isinstance(call, Guard)]
    if not guards and public not in calls:
        name = "A host" if route.path is None else route.path or "/"
        raise UnguardedRoute(f"{name} {FORGOTTEN if dependant else NO_ENDPOINT}")
    if guards and not getattr(route, "methods", None):
        raise UnguardedRoute(f"{route.path} {NO_REQUEST}")
    return guards or None


def close(app: FastAPI) -> None:
    """Refuse to start with an unguarded route (ASVS 8.2.1) or an unknown limit, and describe the guards in OpenAPI."""
    # FastAPI's own description of the API, which only development has.
    own = {app.openapi_url} - {None}
    routes = [route for route in iter_route_contexts(app.routes) if route.path not in own]
    for route in routes:
        guards_of(route)
    pages = list(app.router._iter_low_priority_routes())  # private, but nothing else lists what `frontend()` serves
    for page in pages:
        if not any(call is public or isinstance(call, Guard) for call in _calls(getattr(page, "dependant", None))):
            raise UnguardedRoute(NO_ROUTER)
    for each in (*routes, *pages):
        for call in _calls(getattr(each, "dependant", None)):
            if isinstance(call, AddressLimit):
                limit_called(call.name)
    app.openapi = lambda: app.openapi_schema or _describe(app, routes)  # type: ignore[method-assign]  # FastAPI's documented way


def _describe(app: FastAPI, routes: Iterable[RouteContext]) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {method.name: dict(method.scheme) for method in METHODS}
    _, problem = models_json_schema([(ProblemDetails, "serialization")], ref_template="#/components/schemas/{model}")
    components.setdefault("schemas", {}).update(problem["$defs"])
    for route in routes:
        guards = guards_of(route)
        for verb in getattr(route, "methods", None) or ():
            operation = schema["paths"].get(route.path_format, {}).get(verb.lower())
            if operation is not None:
                _describe_callers(operation, route, guards)
    app.openapi_schema = schema
    return schema


def _describe_callers(operation: dict[str, Any], route: RouteContext, guards: list[Guard] | None) -> None:
    # An open one that reads a credential by itself says so in `openapi_extra`.
    if_open = operation.get("security", _optional(route))
    operation["security"] = if_open if guards is None else _requirements(guards)
    for sentence in _steps_up(guards or ()):
        operation["description"] = f"{operation.get('description', '')}\n\n{sentence}".strip()


def _steps_up(guards: Iterable[Guard]) -> Iterator[str]:
    for minutes in {guard.within // timedelta(minutes=1) for guard in guards if guard.within}:
        yield f"Needs a login within the last {minutes} minutes. After that, log in again: to refresh is not enough."


def _optional(route: RouteContext) -> list[dict[str, list[str]]]:
    is_read = caller_if_any in _calls(getattr(route, "dependant", None))
    return [{}, *_requirements([])] if is_read else []


def _requirements(guards: list[Guard]) -> list[dict[str, list[str]]]:
    scopes = frozenset(scope for guard in guards for scope in guard.scopes)
    # All of them where none will do: an empty list would say that anybody may call it.
    methods = [method for method in METHODS if scopes <= method.scopes] or METHODS
    return [{method.name: sorted(map(str, scopes))} for method in methods]
