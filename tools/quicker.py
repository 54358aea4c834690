"""Make Copier quicker for runs that render a thousand times, without changing what it renders.

By itself Copier compiles the name of every file, and that of the answers file beside it, anew for each file, asks git
about each file it writes, and clones the template five times for an update. `tests/test_quicker.py` compares what comes
of it with what Copier does by itself.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from types import CodeType

import copier._main
from jinja2 import Environment

MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it are made by tempfile
ENOUGH = 2**30
"""Bytes. What Copier writes in passing for an update is a thirtieth of it."""


def make_copier_quicker() -> None:
    """Let this process compile each text once, and not ask git whether it ignores modes, as it does on Windows only."""
    Environment.compile = remembered(Environment.compile)  # type: ignore[method-assign,assignment]
    copier._main.is_git_available = bool  # type: ignore[attr-defined]  # Copier's own import


def remembered(compile_text: Callable[..., CodeType]) -> Callable[..., CodeType]:
    """Return the same function, which keeps what it returned. What it returns cannot be changed."""
    kept: dict[tuple[object, ...], CodeType] = {}

    def compile_once(
        environment: Environment, source: object, name: str | None = None, *place: object, **how: object
    ) -> CodeType:
        # Environments with the same delimiters share a lexer. The place is another one in each clone.
        key = (environment.lexer, source, name, *how.items())
        if key not in kept:
            kept[key] = compile_text(environment, source, name, *place, **how)
        return kept[key]

    return compile_once


@contextmanager
def passing_through_memory() -> Iterator[None]:
    """Let temporary folders be in memory where there is plenty; on a disk they take longer than all the rest."""
    before = tempfile.tempdir
    if os.access(MEMORY, os.W_OK) and disk_usage(MEMORY).free > ENOUGH:
        tempfile.tempdir = str(MEMORY)
    try:
        yield
    finally:
        tempfile.tempdir = before
