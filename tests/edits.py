"""What owners change in files that the template wrote."""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tools.combinations import ROOT

from .releases import replace


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change of one file."""

    what: str
    path: str
    old: str = ""
    """What it takes the place of; empty for an addition at the end."""
    new: str = ""
    """What is there afterwards; when `old` is empty too, the file goes, or the folder."""
    collides: bool = False
    """Whether every release changes what is there, or the next line."""

    def make(self, project: Path) -> None:
        """Change the file, as an owner does."""
        path = project / self.path
        if self.old:
            replace(path, self.old, self.new)
        elif self.new:
            path.write_text(f"{path.read_text()}{self.new}")
        else:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def is_kept(self, project: Path) -> bool:
        """Tell whether what was written is there, and what was taken out is not."""
        path = project / self.path
        if not (self.old or self.new):
            return not path.exists()
        text = path.read_text()
        return self.new in text and (not self.old or self.old in self.new or self.old not in text)


EDITS = [Edit(**edit) for edit in tomllib.loads((ROOT / "tests" / "edits.toml").read_text())["edit"]]
