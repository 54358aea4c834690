"""What makes Copier quicker here changes nothing of what it does for those who call it from a shell."""

import subprocess
import sys
from pathlib import Path

from tools import renders
from tools.combinations import COMBINATIONS, WHOLE

from .owners import start
from .test_update import contents

BEFORE, AFTER = COMBINATIONS[0], WHOLE


def copier(folder: Path, *arguments: str) -> None:
    """Call Copier as one does from a shell."""
    command = [sys.executable, "-m", "copier", *arguments, "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def test_a_copy_and_an_update_from_a_shell_are_the_same(template: Path, tmp_path: Path) -> None:
    quick = start(template, tmp_path / "quick", BEFORE)
    copier(tmp_path, "copy", str(template), "slow", "--data", "auth_methods=[jwt]")
    renders.commit(tmp_path / "slow")
    assert contents(quick) == contents(tmp_path / "slow")
    methods = ", ".join(AFTER.auth_methods)
    renders.update(quick, {"auth_methods": list(AFTER.auth_methods)})
    copier(tmp_path / "slow", "update", "--data", f"auth_methods=[{methods}]")
    assert contents(quick) == contents(tmp_path / "slow")
