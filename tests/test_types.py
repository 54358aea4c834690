"""Every combination is typed to the letter."""

from pathlib import Path

from tools import checks
from tools.combinations import SLUG

from .conftest import must_pass


def test_mypy_is_content(rendered: Path) -> None:
    must_pass(rendered, "types")


def test_mypy_sees_a_planted_mistake(specimen: Path) -> None:
    (specimen / SLUG / "planted.py").write_text("count: int = 'many'\n")
    assert "Incompatible types" in checks.complaint(specimen, "types")
