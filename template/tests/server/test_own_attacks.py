"""A slip in what an owner adds, found by every command."""

from pathlib import Path

import pytest

from .conftest import SENTENCE, said_about_a_slip


@pytest.mark.parametrize("command", ["doctor", "dev"])
def test_a_slip_among_own_scopes_is_told_in_a_sentence(tmp_path: Path, command: str) -> None:
    assert said_about_a_slip(tmp_path, command) == (1, "", SENTENCE)
