"""Speed up Copier for runs that render a thousand times, without changing what it renders.

By itself Copier compiles the name of every file, and that of the answers file beside it, anew for each file, asks git
about each file it writes, and clones the template five times for an update. `tests/test_quicker.py` compares what comes
of it with what Copier does by itself.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType

import copier._main
from jinja2 import Environment

from .forking import MEMORY, is_roomy


def make_copier_quicker() -> None:
    """Let this process compile each text once, and not ask git whether it ignores modes, as it does on Windows only."""
    # mypy objects to exactly what is intended: replacing Jinja's function.
    Environment.compile = remembered(Environment.compile)  # type: ignore[method-assign,assignment]
    copier._main.is_git_available = bool  # type: ignore[attr-defined]  # Copier's own import


def remembered(compile_text: Callable[..., CodeType]) -> Callable[..., CodeType]:
    """Return the function with its results remembered. They must be immutable."""
    kept: dict[tuple[object, ...], CodeType] = {}

    def compile_once(
        environment: Environment, source: object, name: str | None = None, *place: object, **how: object
    ) -> CodeType:
        # Environments with the same delimiters share a lexer. The path differs in each clone.
        key = (environment.lexer, source, name, *how.items())
        if key not in kept:
            kept[key] = compile_text(environment, source, name, *place, **how)
        return kept[key]

    return compile_once


@contextmanager
def passing_through_memory() -> Iterator[None]:
    """Put temporary folders in memory if there is plenty; on disk they take longer than everything else."""
    before = tempfile.tempdir
    if is_roomy():
        tempfile.tempdir = str(MEMORY)
    try:
        yield
    finally:
        tempfile.tempdir = before
