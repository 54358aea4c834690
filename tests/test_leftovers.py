"""What nobody uses is in no rendered project: no setting, no function, no class, no constant, no module."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from vulture import Vulture  # type: ignore[import-untyped]  # vulture ships no types

from tools.combinations import SLUG

from .test_sweeps import pieces, trees

OF_THE_OWNER = {
    # Named in README.md or AGENTS.md, or where their modules begin, for routes of the owner's.
    "CallerIfAny", "SessionIfAny", "AccountWriter", "RecentLogin", "limit", "BadRequest", "Unprocessable",
    # What statements and short-lived values of the owner's are made of.
    "table_of", "upsert", "counting", "count_of", "NOW", "client_beside",
}  # fmt: skip
CONTRACTS = {"has_login", "end_logins", "at_close"}
"""Members of `Method` and `Database`, for methods and parts to come."""
OF_THE_TESTS = {"forget"}
"""Settings are read anew for each."""
FOUND_BY_NAME = {
    "NAME", "create_served_app", "downgrade", "revision", "down_revision", "branch_labels", "depends_on", "__all__",
    "ALLOWED_HEADERS", "EXPOSED_HEADERS", "MIDDLEWARE", "LIFESPANS", "TABLES_TO_DROP_LATER", "install",
    "LimitedProtocol",
}  # fmt: skip
"""By the command line, uvicorn, Alembic and Python, and of `own.py`. Modules: `main`, `cli`, `protocol`, `commands`."""
LIMITS = {"TokenLimits", "PasswordLimits", "MailLimits", "KeyLimits"}
"""Found as subclasses; their fields have a test of their own below."""
OF_LIBRARIES = {
    "__call__", "openapi", "dialect", "kwargs", "impl", "cache_ok", "process_*", "model_config", "raiseExceptions",
    "format", "arraysize", "fetchone", "daemon", "is_disconnect", "STORAGE_SCHEME", "base_exceptions", "_is_*",
    "_keys_are_sound",
}  # fmt: skip
"""What the standard library, SQLAlchemy, pydantic and `limits` call or read by these names."""
READ_BY_NAME = {"limit_*", "*_client_id", "*_client_secret"}
"""Settings: the limits, and what a provider knows the project by."""
FOR_READERS = {"changed_at", "expires_in", "user_agent"}
"""Columns and members that responses are made of, and when a password was chosen, for operators."""
CALLED_FROM_OUTSIDE = ["@router.*", "@oauth.*", "@app.command*", "@*commands.*"]
VOCABULARIES = ("audit/events.py", "auth/one_time/purpose.py", "schemas.py")
"""Their members are known to others: those who read logs and tables, and clients."""


def left_over(project: Path) -> list[str]:
    """Name what is never read by its name: settings, methods and attributes too."""
    known = OF_THE_OWNER | CONTRACTS | OF_THE_TESTS | FOUND_BY_NAME | LIMITS | OF_LIBRARIES | READ_BY_NAME | FOR_READERS
    search = Vulture(ignore_names=sorted(known), ignore_decorators=CALLED_FROM_OUTSIDE)
    search.scavenge([str(project / SLUG), str(project / "migrations")])
    unused = [item for item in search.get_unused_code() if item.typ in CODE or not is_vocabulary(item.filename)]
    return sorted(f"{item.filename.relative_to(project)}: {item.name}" for item in unused)


CODE = {"class", "function", "import", "method"}


def is_vocabulary(path: Path) -> bool:
    """Tell whether a module's variables are words for others."""
    return path.as_posix().endswith(VOCABULARIES)


def test_nothing_is_there_that_nobody_names(rendered: Path) -> None:
    """TP-1."""
    assert left_over(rendered) == []


def test_nothing_is_there_that_nobody_imports(rendered: Path) -> None:
    """TP-1: two things of one name hide each other from a search by name."""
    modules = {dotted(path): tree for path, tree in (trees(rendered) | trees(rendered, "migrations")).items()}
    used = {use for name, tree in modules.items() for use in uses(name, tree, modules)}
    known = OF_THE_OWNER | FOUND_BY_NAME | LIMITS
    ours = {name: tree for name, tree in modules.items() if name.startswith(SLUG)}
    called = {name for name in ours if re.search(r"\b(main|protocol|commands)$", name)}
    defined = {(name, each) for name, tree in ours.items() for each, _ in definitions(tree) if each not in known}
    assert sorted(".".join(each) for each in defined - used) == []
    assert [name for name in ours if (name, "") not in used and name not in called] == []


def dotted(path: str) -> str:
    """Return a module's name. A package's own module is named after its folder."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Yield what a module defines for others to name, with its statement; nothing that is called from outside."""
    for statement in tree.body:
        match statement:
            case ast.ClassDef(name=name):
                yield name, statement
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not statement.decorator_list:
                yield name, statement
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, statement
            case ast.Assign(targets=[ast.Tuple(elts=several)]):
                yield from ((ast.unparse(each), statement) for each in several)


def uses(module: str, tree: ast.Module, modules: dict[str, ast.Module]) -> Iterator[tuple[str, str]]:
    """Yield what a module uses: the module it is of and its name, which is empty for the module itself."""
    imported: dict[str, tuple[str, str]] = {}
    for node in pieces(tree):
        if isinstance(node, ast.ImportFrom):
            source = source_of(node, module, modules)
            imported |= {each.asname or each.name: (source, each.name) for each in node.names}
    for source, name in imported.values():
        yield from ((source, name), (source, ""), (source.rpartition(".")[0], ""), (f"{source}.{name}", ""))
    for alias, name in attributes(tree):
        if alias in imported:
            yield from ((each, name) for each in modules_called(".".join(imported[alias]), modules))
    for statement in tree.body:
        own = {name for name, its in definitions(tree) if its is statement}
        yield from ((module, name) for name in names_in(statement) - own)


@cache
def attributes(tree: ast.Module) -> set[tuple[str, str]]:
    """Return what a module reads of things, with their names."""
    found = [node for node in pieces(tree) if isinstance(node, ast.Attribute)]
    return {(node.value.id, node.attr) for node in found if isinstance(node.value, ast.Name)}


def modules_called(name: str, modules: dict[str, ast.Module]) -> list[str]:
    """Return the module of a name; any of that name or longer where one is passed on, as `tokens.format.access` is."""
    word = name.rpartition(".")[2]
    return [name] if name in modules else [each for each in modules if each.rpartition(".")[2].startswith(word)]


def source_of(node: ast.ImportFrom, module: str, modules: dict[str, ast.Module]) -> str:
    """Return the module that a statement imports from."""
    is_package = any(name.startswith(f"{module}.") for name in modules)
    above = module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


@cache
def names_in(statement: ast.stmt) -> set[str]:
    """Return the names that a statement reads, also in annotations that are written as text."""
    found = list(ast.walk(statement))
    texts = [node.value for node in found if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    read = {node.id for node in found if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return read | {word for text in texts if len(text) < 100 for word in re.findall(r"\w+", text)}


def test_every_limit_is_counted_and_none_other(rendered: Path) -> None:
    """TP-1: a route or a service names its limit as text."""
    found = [node for tree in trees(rendered).values() for node in pieces(tree)]
    fields = {node.target.id for node in found if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    calls = [node for node in found if isinstance(node, ast.Call) and COUNTING.search(ast.unparse(node.func))]
    counted = {word.value for call in calls for word in call.args[:2] if isinstance(word, ast.Constant)}
    assert {name for name in fields if name.startswith("limit_")} == {f"limit_{word!s}" for word in counted}


COUNTING = re.compile(r"^limit$|^limits\.\w+$")

PLANTED = """
from ..limits.settings import LimitSettings

UNUSED = 1

class OrderLimits(LimitSettings):
    limit_orders: str = "1/day"
    order_days: int = 3

def read(): ...
"""


def test_planted_leftovers_are_seen(specimen: Path) -> None:
    (specimen / SLUG / "items" / "planted.py").write_text(PLANTED)
    planted = f"{SLUG}/items/planted.py: "
    names = {"UNUSED", "OrderLimits", "order_days"}
    assert set(left_over(specimen)) == {f"{planted}{name}" for name in names}
    for scan in (test_nothing_is_there_that_nobody_imports, test_every_limit_is_counted_and_none_other):
        with pytest.raises(AssertionError):
            scan(specimen)
