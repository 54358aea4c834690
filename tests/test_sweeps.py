"""Scans over every rendered project: what must not be in it anywhere, and what must be in it everywhere."""

import ast
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import commands
from tools.combinations import SLUG, Combination, parts

from .test_openapi import document, operations

SECRET_NAMES = re.compile(r"(^|_)(secret|digest|token|signature|password|hash)$")
CRYPTOGRAPHY = {"cryptography", "jwt", "passlib", "hashlib", "secrets", "ssl"}
FOREIGN_CRYPTOGRAPHY = {
    "Crypto",
    "Cryptodome",
    "jose",
    "joserfc",
    "authlib",
    "bcrypt",
    "itsdangerous",
    "nacl",
    "random",
}
FORBIDDEN = {
    "eval", "exec", "__import__", "print", "HTTPException", "pickle", "marshal", "shelve", "Fernet", "ECB", "PKCS1v15",
    "CERT_NONE", "JWE", "uuid1", "ElementTree", "StaticFiles",
}  # fmt: skip
LIKELY_SECRETS = re.compile(
    r"-----BEGIN|AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|(?i:(?:secret|password|token)) *[:=] *\"?\w{24,}"
)
HOSTS = re.compile(r"https?://([\w.-]*\w)")
KNOWN_HOSTS = re.compile(
    r"(^|\.)example\.com$|^127\.0\.0\.1$|^accounts\.google\.com$|^login\.microsoftonline\.com$"
    r"|^(api\.)?github\.com$|^(www|graph)\.facebook\.com$"
)


def trees(project: Path, folder: str = SLUG) -> dict[str, ast.Module]:
    """Parse a project's modules."""
    paths = sorted((project / folder).rglob("*.py"))
    return {path.relative_to(project).as_posix(): parse(path.read_text()) for path in paths}


@cache
def parse(source: str) -> ast.Module:
    """Parse a file once, in whichever projects it is."""
    return ast.parse(source)


@cache
def pieces(tree: ast.Module) -> list[ast.AST]:
    """List every piece of syntax of a module."""
    return list(ast.walk(tree))


def nodes(project: Path) -> Iterator[tuple[str, ast.AST]]:
    """Yield every piece of syntax of the package with the file it is in."""
    for name, tree in trees(project).items():
        yield from ((f"{name}:{getattr(node, 'lineno', 0)}", node) for node in pieces(tree))


def names(node: ast.AST) -> set[str]:
    """Return the names that a piece of syntax uses or imports."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return {name}
        case ast.Import(names=found) | ast.ImportFrom(names=found):
            return {part for each in found for part in each.name.split(".")}
    return set()


def imports(project: Path) -> set[str]:
    """Return the top-level packages that the package imports from outside."""
    found: set[str] = set()
    for _, node in nodes(project):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).partition(".")[0])
    return found


def test_what_is_dangerous_is_not_there(rendered: Path) -> None:
    """ASVS 1.3.2, 1.5.2, 11.3.1, 11.3.2, 12.3.2, 13.4.3, 16.2.3, 16.5.1, 8725bis §3.13/15."""
    found = [(place, sorted(bad)) for place, node in nodes(rendered) if (bad := names(node) & FORBIDDEN)]
    # errors.py turns the framework's own exceptions into ours.
    assert [hit for hit in found if not (hit[0].startswith(f"{SLUG}/errors.py") and hit[1] == ["HTTPException"])] == []


def test_lint_forbids_it_too(rendered: Path) -> None:
    """ASVS 1.2.4, 1.2.5, 1.3.2, 1.3.10, 1.5.2, 11.4.1, 11.5.1, 12.3.2: the owner's own lint says so, unless told."""
    shown = commands.run(rendered, "ruff", "check", "--no-cache", "--show-settings", f"{SLUG}/main.py").stdout
    enabled = shown.partition("linter.rules.enabled")[2].partition("linter.rules.should_fix")[0]
    rules = {"S102", "S301", "S307", "S311", "S323", "S324", "S501", "S506", "S602", "S605", "S608"}
    assert {rule for rule in rules if f"({rule})" not in enabled} == set()


def test_no_lint_rule_about_security_is_switched_off_in_the_package(rendered: Path) -> None:
    switched = re.compile(r"# noqa: .*\bS\d+|# type: ignore(?!\[)|verify=False|check_hostname *= *False")
    files = (rendered / SLUG).rglob("*.py")
    assert [path.name for path in files if switched.search(path.read_text())] == []


def test_cryptography_is_other_peoples(rendered: Path) -> None:
    """ASVS 11.2.1, 6.5.3, 11.5.1."""
    assert imports(rendered) & FOREIGN_CRYPTOGRAPHY == set()
    assert imports(rendered) & CRYPTOGRAPHY >= {"hashlib", "secrets"}


def test_secrets_are_not_compared_by_hand(rendered: Path) -> None:
    """ASVS 11.2.4: the database compares digests, the libraries compare hashes and signatures."""
    compared = [(place, node) for place, node in nodes(rendered) if isinstance(node, ast.Compare)]
    assert [place for place, node in compared if is_equality(node) and of_secrets(node)] == []
    for name in COMPARING:
        file = rendered / SLUG / name
        assert not file.exists() or "compare_digest(" in file.read_text(), name


COMPARING = ("auth/api_keys/access.py", "auth/http_basic/memory.py", "auth/social_login/service.py")
"""What compares secrets in Python, in constant time."""


def is_equality(node: ast.Compare) -> bool:
    """Tell whether a comparison is by `==` or `!=`."""
    return any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)


def of_secrets(node: ast.Compare) -> bool:
    """Tell whether a comparison looks at a secret: not a column, an empty text or a known placeholder."""
    sides = [node.left, *node.comparators]
    plain = [side.id for side in sides if isinstance(side, ast.Name)]
    in_python = not any(isinstance(side, ast.Attribute | ast.Constant) or names(side) & ALLOWED for side in sides)
    return in_python and any(SECRET_NAMES.search(name) for name in plain)


ALLOWED = {"_FASTAPI_DOCS_KEY"}


def test_sql_is_never_put_together(rendered: Path) -> None:
    """ASVS 1.2.4, 1.2.9."""
    calls = [(place, node) for place, node in nodes(rendered) if isinstance(node, ast.Call)]
    texts = [
        place for place, node in calls if names(node.func) & {"text", "exec_driver_sql"} and not are_constant(node)
    ]
    patterns = [place for place, node in calls if names(node.func) & {"like", "ilike", "regexp_match"}]
    regexes = [place for place, node in calls if ast.unparse(node.func) == "re.compile" and not are_constant(node)]
    assert [texts, patterns, regexes] == [[], [], []]


def are_constant(call: ast.Call) -> bool:
    """Tell whether a call's positional arguments are all written out."""
    return all(isinstance(argument, ast.Constant) for argument in call.args)


def test_endpoints_leave_commits_to_the_database_module(rendered: Path) -> None:
    """ASVS 2.3.3."""
    commits = [place for place, node in nodes(rendered) if names(node) & {"commit", "rollback"}]
    # MySQL's migrations are committed one by one, PostgreSQL's lock for them is no transaction's; what a failed COMMIT
    # leaves open is rolled back for SQLite.
    ours = tuple(f"{SLUG}/{name}.py" for name in ("db", "mysql", "postgresql", "sqlite"))
    assert [place for place in commits if not place.startswith(ours)] == []


def test_only_errors_py_makes_error_responses(rendered: Path) -> None:
    """ASVS 16.5.1: one place decides what an error tells; the OAuth endpoints have their own form of it."""
    makers = {place.partition(":")[0] for place, node in nodes(rendered) if "JSONResponse" in names(node)}
    assert {name.removeprefix(f"{SLUG}/") for name in makers} <= {"errors.py", "auth/tokens/oauth.py"}


def test_no_json_or_page_is_put_together(rendered: Path) -> None:
    """ASVS 1.2.3, 1.3.7."""
    pages = [place for place, node in nodes(rendered) if names(node) & {"HTMLResponse", "jinja2", "Template"}]
    social = {f"{SLUG}/auth/social_login/page.py"} if (rendered / SLUG / "auth" / "social_login").exists() else set()
    assert {place.partition(":")[0] for place in pages} == {f"{SLUG}/docs.py"} | social
    assert "{" not in re.findall(r'_PAGE = """(.*?)"""', (rendered / SLUG / "docs.py").read_text(), re.DOTALL)[0]


def test_no_rendered_file_holds_a_secret(rendered: Path) -> None:
    """ASVS 13.3.1, TP-2."""
    texts = {path.name: path.read_text() for path in rendered.rglob("*") if path.is_file() and path.suffix != ".txt"}
    # The key of the tests' mail server is everybody's.
    assert {name for name, text in texts.items() if LIKELY_SECRETS.search(text)} <= {"certificate.py"}
    assert not [line for line in texts[".env.example"].splitlines() if re.match(r"#?\w+(SECRET|PASSWORD)=.", line)]
    assert not re.search(r"(?i)secret|password:|key:", texts[".copier-answers.yml"].replace("oauth2_password", ""))


def test_git_and_docker_leave_out_what_is_private(rendered: Path) -> None:
    """ASVS 13.3.1, 13.4.1, 15.2.3."""
    assert "/.env" in (rendered / ".gitignore").read_text().splitlines()
    sent = [line for line in (rendered / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert sent[0] == "*"
    assert {line for line in sent if line.startswith("!")} == {
        "!/pyproject.toml", "!/uv.lock", "!/README.md", "!/migrations", f"!/{SLUG}",
    }  # fmt: skip


def test_the_image_has_nothing_for_development(rendered: Path) -> None:
    """ASVS 15.2.3."""
    installs = re.findall(r"uv sync[^\n]*", (rendered / "Dockerfile").read_text())
    assert installs
    assert all("--no-dev" in line for line in installs)
    assert imports(rendered) & {"pytest", "time_machine", "aiosmtpd", "ruff", "mypy"} == set()


def test_the_container_runs_as_nobody_special(rendered: Path) -> None:
    assert re.search(r"^USER 10001$", (rendered / "Dockerfile").read_text(), re.MULTILINE)
    app = yaml.safe_load((rendered / "compose.yaml").read_text())["services"]["app"]
    assert (app["read_only"], app["cap_drop"]) == (True, ["ALL"])


def test_the_package_names_no_foreign_host(rendered: Path) -> None:
    """ASVS 14.2.3."""
    paths = [*(rendered / SLUG).rglob("*.py"), rendered / ".env.example"]
    hosts = {(path.name, host) for path in paths for host in HOSTS.findall(path.read_text())}
    assert [(name, host) for name, host in hosts if not KNOWN_HOSTS.search(host)] == []


TALKERS = {
    "outgoing": {"outgoing.py"},
    "passwords": {"auth/passwords/breaches.py"},
    "mail": {"mail/smtp.py"},
    "social_login": {"auth/social_login/outbound.py"},
    "redis": {"redis_client.py"},
}


def test_few_modules_talk_to_others(rendered: Path, combination: Combination) -> None:
    """ASVS 13.2.4: each to the hosts of its settings, which is why there is no other list of allowed hosts."""
    clients = {"httpx2", "httpx", "aiosmtplib", "smtplib", "requests", "aiohttp", "socket", "urlopen", "redis.asyncio"}
    talkers = {place.partition(":")[0] for place, node in nodes(rendered) if is_import_of(node, clients)}
    allowed = set[str]().union(*(TALKERS.get(part.name, ()) for part in parts(combination) if part.chosen))
    assert {name.removeprefix(f"{SLUG}/") for name in talkers} == allowed


def is_import_of(node: ast.AST, modules: set[str]) -> bool:
    """Tell whether a statement imports one of the modules, or something out of one."""
    source = {str(node.module)} if isinstance(node, ast.ImportFrom) else set()
    return isinstance(node, ast.Import | ast.ImportFrom) and bool((names(node) | source) & modules)


def texts_of(schema: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every string in a schema, with where it is."""
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            yield path, schema
        for key, value in schema.items():
            yield from texts_of(value, f"{path}/{key}")
    if isinstance(schema, list):
        for value in schema:
            yield from texts_of(value, path)


def request_schemas(project: Path) -> Iterator[tuple[str, Any]]:
    """Yield the schema of every body, with its references looked up, and of every parameter."""
    schemas = document(project)["components"]["schemas"]
    for name, details in operations(project).items():
        for content in details.get("requestBody", {}).get("content", {}).values():
            reference = content["schema"].get("$ref", "").rpartition("/")[2]
            yield name, schemas[reference] if reference else content["schema"]
        yield from ((name, parameter["schema"]) for parameter in details.get("parameters", ()))


def test_every_text_in_a_request_is_bounded(rendered: Path) -> None:
    """ASVS 1.3.3, 2.2.1."""
    found = [(name, path, text) for name, schema in request_schemas(rendered) for path, text in texts_of(schema)]
    assert len(found) > 5
    bounds = {"maxLength", "enum", "const"}
    assert [(name, path) for name, path, text in found if not bounds & set(text) and text.get("format") != "uuid"] == []


def test_every_number_in_a_request_is_bounded(rendered: Path) -> None:
    """ASVS 1.4.2."""
    numbers = [(name, schema) for name, schema in request_schemas(rendered) if schema.get("type") == "integer"]
    assert len(numbers) >= 4
    assert [name for name, schema in numbers if not {"minimum", "maximum"} <= set(schema)] == []


def test_no_secret_travels_in_an_address(rendered: Path) -> None:
    """ASVS 14.2.1."""
    sent = {each["name"] for details in operations(rendered).values() for each in details.get("parameters", ())}
    assert sent
    # What a browser sends at the start of a social login is made from the secret, which stays with it (RFC 7636).
    secret = [name for name in sent if re.search(r"token|key|password|secret|code", name)]
    assert set(secret) <= {"code_challenge"}


def test_no_answer_has_a_field_for_what_is_secret(rendered: Path) -> None:
    """ASVS 15.3.1, 8.2.3, 14.2.6, 6.4.2."""
    schemas = document(rendered)["components"]["schemas"]
    assert [field for schema in schemas.values() for field in schema.get("properties", ()) if "hint" in field] == []
    answers = {name: set(schema["properties"]) for name, schema in schemas.items() if name.endswith("Out")}
    secret = {name: {field for field in fields if SECRET_NAMES.search(field)} for name, fields in answers.items()}
    found = {name: fields for name, fields in secret.items() if fields}
    assert found in ({}, {"TokensOut": {"access_token", "refresh_token"}})
    assert answers["UserOut"] == {"id", "email", "name", "roles", "created_at"}


HOSTILE_TEXTS = ("a" * 10_000 + "\0", "a " * 5000 + "\0", "-" * 10_000, "a." * 5000, "A" * 10_000 + ":")


def patterns(project: Path) -> Iterator[str]:
    """Yield the package's regular expressions."""
    calls = [node for _, node in nodes(project) if isinstance(node, ast.Call)]
    written = [call.args[0] for call in calls if ast.unparse(call.func).startswith("re.")]
    written += [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "pattern"]
    values = [node.value for node in written if isinstance(node, ast.Constant)]
    yield from (value.decode() if isinstance(value, bytes) else str(value) for value in values)


def test_every_regular_expression_ends_in_time(rendered: Path) -> None:
    """ASVS 1.3.12."""
    found = list(patterns(rendered))
    assert len(found) >= 3
    for pattern in found:
        for text in HOSTILE_TEXTS:
            start = time.process_time()
            re.search(pattern, text)
            assert time.process_time() - start < 0.05, pattern


PLANTED = """import random

def check(token, other):
    print(token == other, text(f"{token}"))
    db.commit()
"""


def test_a_planted_weakness_is_seen(specimen: Path) -> None:
    (specimen / SLUG / "planted.py").write_text(PLANTED)
    for scan in (
        test_what_is_dangerous_is_not_there,
        test_cryptography_is_other_peoples,
        test_secrets_are_not_compared_by_hand,
        test_sql_is_never_put_together,
        test_endpoints_leave_commits_to_the_database_module,
    ):
        with pytest.raises(AssertionError):
            scan(specimen)
