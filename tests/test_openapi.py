"""What a rendered API offers is what was chosen, and nothing else."""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from tools import commands
from tools.combinations import SLUG, Combination

ALWAYS = {
    "GET /users/me", "GET /users", "PATCH /users/{user_id}",
    "GET /items", "POST /items", "GET /items/{item_id}", "PATCH /items/{item_id}", "DELETE /items/{item_id}",
    "GET /health/live", "GET /health/ready",
}  # fmt: skip
LOGGED_IN = {"PATCH /users/me", "DELETE /users/me"}
"""Only where somebody can log in, like those of keys."""
PASSWORDS = {
    "POST /auth/register", "POST /auth/verify-email", "POST /auth/forgot-password", "POST /auth/reset-password",
    "POST /auth/change-password", "POST /auth/change-email", "POST /auth/confirm-email",
}  # fmt: skip
TOKENS = {
    "POST /auth/logout", "POST /auth/logout-all", "POST /auth/revoke", "GET /auth/sessions",
    "DELETE /auth/sessions/{session_id}",
}  # fmt: skip
KEYS = {
    "POST /auth/api-keys", "GET /auth/api-keys", "DELETE /auth/api-keys/{id}", "POST /auth/api-keys/{id}/rotate",
}  # fmt: skip
"""Only where somebody can log in to make one."""
SOCIAL = {
    "GET /auth/social", "GET /auth/social/identities", "GET /auth/social/{provider}/login",
    "GET /auth/social/{provider}/callback", "POST /auth/social/token", "POST /auth/social/confirm-email",
    "POST /auth/social/{provider}/link", "DELETE /auth/social/{provider}/link", "POST /auth/refresh",
}  # fmt: skip
OF_METHOD = {
    "jwt": {"POST /auth/login", "POST /auth/refresh", "GET /.well-known/jwks.json"} | PASSWORDS | TOKENS,
    "oauth2_password": {"POST /auth/token"} | PASSWORDS | TOKENS,
    "api_keys": KEYS,
    "http_basic": PASSWORDS,
    "social_login": SOCIAL | TOKENS,
}

OF_THE_ACCOUNT = {
    "POST /auth/change-password", "POST /auth/change-email", "POST /auth/confirm-email",
    "POST /auth/logout-all", "GET /auth/sessions", "DELETE /auth/sessions/{session_id}",
    "GET /auth/social/identities", "POST /auth/social/confirm-email",
    "POST /auth/social/{provider}/link", "DELETE /auth/social/{provider}/link",
}  # fmt: skip
NEEDED = {
    "GET /users": "users:read", "PATCH /users/{user_id}": "users:write",
    "GET /items": "items:read", "GET /items/{item_id}": "items:read",
    "POST /items": "items:write", "PATCH /items/{item_id}": "items:write", "DELETE /items/{item_id}": "items:write",
    **dict.fromkeys(LOGGED_IN | KEYS | OF_THE_ACCOUNT, "account:write"),
}  # fmt: skip
"""The scope that each operation needs, if any."""

OAUTH = {"POST /auth/token", "POST /auth/revoke"}
ERRORS = {"": ("application/problem+json", "ProblemDetails"), "OAuth": ("application/json", "OAuthProblem")}

PRINT_DOCUMENT = f"import json; from {SLUG}.main import create_app; print(json.dumps(create_app().openapi()))"


@cache
def document(project: Path) -> dict[str, Any]:
    """Ask a rendered project for its OpenAPI document."""
    result = commands.run(commands.desk(project), "python", "-c", PRINT_DOCUMENT, JWT_SECRET=token_urlsafe(32))
    assert result.returncode == 0, result.stdout
    loaded: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return loaded


def operations(project: Path) -> dict[str, dict[str, Any]]:
    """List what can be called, by method and path."""
    paths = document(project)["paths"].items()
    return {f"{verb.upper()} {path}": details for path, verbs in paths for verb, details in verbs.items()}


def test_the_routes_are_those_of_the_chosen_methods(rendered: Path, combination: Combination) -> None:
    """TP-1."""
    expected = (ALWAYS | LOGGED_IN).union(*(OF_METHOD[method] for method in combination.auth_methods))
    expected -= LOGGED_IN | KEYS if combination.auth_methods == ("api_keys",) else set()
    assert set(operations(rendered)) == expected


def test_the_schemes_are_those_of_the_chosen_methods(rendered: Path, combination: Combination) -> None:
    """TP-1."""
    schemes = document(rendered)["components"]["securitySchemes"]
    assert set(schemes) == set(combination.auth_methods)


def test_every_operation_needs_the_scope_that_fits(rendered: Path) -> None:
    """ASVS 8.2.1, AK-6: not only the one that its own guard happens to name."""
    for name, details in operations(rendered).items():
        asked = {tuple(scopes) for way in details["security"] for scopes in way.values()}
        assert asked == {(NEEDED[name],)} if name in NEEDED else asked <= {()}, name


def test_every_operation_says_who_may_call_it(rendered: Path) -> None:
    assert [name for name, details in operations(rendered).items() if "security" not in details] == []


def test_the_document_is_valid(rendered: Path) -> None:
    OpenAPIV31SpecValidator(document(rendered)).validate()


def test_every_operation_says_what_an_error_looks_like(rendered: Path) -> None:
    """And nothing else does: FastAPI's own form of a 422 is not what is sent."""
    schemas = document(rendered)["components"]["schemas"]
    assert {"HTTPValidationError", "ValidationError"}.isdisjoint(schemas)
    for name, details in operations(rendered).items():
        media_type, schema = ERRORS["OAuth" if name in OAUTH else ""]
        assert details["responses"]["default"]["content"][media_type]["schema"]["$ref"].endswith(f"/{schema}")
        assert schema in schemas


def test_token_addresses_lead_to_routes(rendered: Path) -> None:
    schemes = document(rendered)["components"]["securitySchemes"].values()
    flows = [flow for scheme in schemes for flow in scheme.get("flows", {}).values()]
    addresses = {f"POST /{flow[key].strip('/')}" for flow in flows for key in flow if key in ("tokenUrl", "refreshUrl")}
    assert addresses <= set(operations(rendered))


def test_settings_and_tables_are_those_of_the_chosen_methods(rendered: Path, combination: Combination) -> None:
    """TP-1: a setting or table of a part that was not chosen would be dead weight, or a trap."""
    example = (rendered / ".env.example").read_text()
    assert ("JWT_SECRET" in example) == ("jwt" in combination.auth_methods)
    migration = "".join(path.read_text() for path in (rendered / "migrations" / "versions").glob("*.py"))
    tokens = {"jwt", "oauth2_password", "social_login"} & set(combination.auth_methods)
    is_opaque = bool(tokens) and "jwt" not in tokens
    assert ("access_token" in migration) == (is_opaque and not combination.redis)
    assert ("REDIS_URL" in example) == combination.redis
    has_passwords = bool({"jwt", "oauth2_password", "http_basic"} & set(combination.auth_methods))
    assert ("rate_limit" in migration) == (has_passwords or not combination.redis)


def test_the_example_settings_are_the_settings(rendered: Path) -> None:
    defaults: dict[str, str] = json.loads(commands.run(commands.desk(rendered), "python", "-c", PRINT_SETTINGS).stdout)
    example = dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", (rendered / ".env.example").read_text(), re.MULTILINE))
    for_compose = re.findall(r"\$\{(\w+)", (rendered / "compose.yaml").read_text())
    assert example.keys() == {*defaults, *for_compose}
    wrong = {name for name, value in example.items() if value and defaults.get(name, value) != value}
    assert wrong <= {"SOCIAL_REDIRECTS"}  # has none, but an example


PRINT_SETTINGS = f"""
import json
from {SLUG} import main
from {SLUG}.settings import Settings
fields = ((name.upper(), field) for each in Settings.classes for name, field in each.model_fields.items())
defaults = dict((name, json.dumps(field.default, default=str).strip('"')) for name, field in fields)
print(json.dumps(defaults))
"""


def test_the_list_of_errors_has_every_code_and_no_other(rendered: Path) -> None:
    """Whoever writes a client reads it there: OpenAPI says only that there is a code."""
    rows = re.findall(
        r"^\| \dxx \| (.*?) \||^\| \d{3} \| (.*?) \|", (rendered / "docs" / "errors.md").read_text(), re.MULTILINE
    )
    listed = set(re.findall(r"`(\w+)`", str(rows)))
    assert listed == set().union(*(codes(path.read_text()) for path in (rendered / SLUG).rglob("*.py")))


ERRORS_WITH_CODES = {"InvalidCredential": 0, "MalformedCredential": 0, "OAuthError": 0, "problem": 1, "refused": 1}
"""What is called with a code, and where among its arguments."""


@cache
def codes(source: str) -> frozenset[str]:
    """Return the codes of errors that a module has."""
    return frozenset(code for node in ast.walk(ast.parse(source)) for code in codes_of(node))


def codes_of(node: ast.AST) -> Iterator[str]:
    """Yield the codes that a class, a call or an assignment has by itself."""
    match node:
        case ast.Assign(targets=[ast.Name(reason)], value=ast.Call(ast.Name("auto"))) if reason.startswith("PASSWORD_"):
            yield reason.lower()
        case ast.Assign(targets=[ast.Name("_CODES")], value=ast.Dict(values=values)):
            yield from words(values)
        case ast.Assign(targets=[ast.Name("REFUSAL")], value=ast.Tuple(elts=[_, code, _])):
            yield from words([code])
        case ast.Assign(targets=[ast.Name("code")], value=value) | ast.AnnAssign(ast.Name("code"), value=value):
            yield from words([value.args[1] if isinstance(value, ast.Call) else value])
        case ast.Call(ast.Name(name) | ast.Attribute(attr=name), arguments, keywords):
            yield from words(each.value for each in keywords if each.arg == "code")
            where = ERRORS_WITH_CODES.get(name, len(arguments))
            yield from words(arguments[where : where + 1])


def words(nodes: Iterable[ast.AST | None]) -> Iterator[str]:
    """Yield the texts among expressions."""
    return (each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str))
