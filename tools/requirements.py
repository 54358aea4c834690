"""Count the security requirements: which apply to a combination, which are proved, which are deviations.

`docs/requirements.md` holds one row per requirement: `| id | what | applies when | proved by |`. The last cell says
`rendered`, `template`, or `deviation: why`. A proof is a test that names the id, in a docstring or a comment, and that
runs each time: one that is an attack, tried on request, proves nothing alone.

    make requirements
"""

import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import renders
from .combinations import COMBINATIONS, ROOT, Combination, parts

TABLE = ROOT / "docs" / "requirements.md"
ATTACK = re.compile(r"^@pytest\.mark\.attack\n.*?(?=\n\n\n)", re.DOTALL | re.MULTILINE)
ROW = re.compile(
    r"^\| *(?P<id>[^|\n]*?\d[^|\n]*?) *\|[^|\n]+\| *(?P<applies>[^|\n]+?) *\| *(?P<proof>[^|\n]+?) *\|$", re.MULTILINE
)

PARTS = {
    "PW": "passwords", "JWT": "jwt", "O2P": "oauth2_password", "TOK": "tokens", "RT": "tokens", "OPQ": "opaque",
    "KEY": "api_keys", "BASIC": "http_basic", "SOC": "social_login", "OIDC": "social_login", "COOKIE": "social_login",
    "ISSUER": "oidc", "MICROSOFT": "microsoft", "MAIL": "mail", "SQLITE": "sqlite", "POSTGRESQL": "postgresql",
    "MYSQL": "mysql", "REDIS": "redis",
}  # fmt: skip
"""The part of a project that makes a code hold."""


@cache
def codes(combination: Combination) -> set[str]:
    """Return the applies-when codes that hold for a combination."""
    chosen = {part.name for part in parts(combination) if part.chosen}
    alone = {"LONE"} if combination.auth_methods == ("api_keys",) else set()
    return {"ALL", "ADM"} | alone | {code for code, part in PARTS.items() if part in chosen}


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One row of the table."""

    id: str
    applies: frozenset[str]
    proof: str

    @property
    def is_deviation(self) -> bool:
        """Tell whether the row states that it is not met."""
        return self.proof.startswith("deviation")

    def applies_to(self, combination: Combination) -> bool:
        """Tell whether one of the row's codes holds."""
        return bool(self.applies & codes(combination))

    def is_named_in(self, text: str) -> bool:
        """Tell whether a text mentions the id, whole."""
        literal = re.escape(self.id)  # first, since a pattern that begins with plain text is found fast
        return bool(re.search(rf"{literal}(?<![\w.-]{literal})(?![\w-]|\.\d)", text))


def load(table: str) -> list[Requirement]:
    """Read the rows of the table."""
    return [
        Requirement(id=row["id"], applies=frozenset(re.findall(r"[A-Z0-9]{2,}", row["applies"])), proof=row["proof"])
        for row in ROW.finditer(table)
    ]


def read(files: Iterable[Path]) -> str:
    """Read tests as one text, without those that are attacks as a whole."""
    return ATTACK.sub("", "\n\n\n".join(path.read_text() for path in sorted(files)))


def unproved(requirements: Iterable[Requirement], texts: dict[str, str]) -> list[Requirement]:
    """Return the rows whose proof, in the suite that they point to, does not exist."""
    return [each for each in requirements if not each.is_deviation and not each.is_named_in(texts.get(each.proof, ""))]


@dataclass(frozen=True, kw_only=True)
class Count:
    """What a combination meets."""

    applicable: list[Requirement]
    unproved: list[Requirement]

    @property
    def deviating(self) -> list[Requirement]:
        """The rows that are stated not to be met."""
        return [each for each in self.applicable if each.is_deviation]

    @property
    def met(self) -> int:
        """How many rows are proved."""
        return len(self.applicable) - len(self.unproved) - len(self.deviating)


def count(combination: Combination, project: Path) -> Count:
    """Compare the table with the tests of one rendered project, and with the template's."""
    applicable = [each for each in load(TABLE.read_text()) if each.applies_to(combination)]
    texts = {
        "rendered": read((project / "tests").rglob("*.py")),
        "template": read([*(ROOT / "tests").glob("*.py"), ROOT / "tools" / "mutants.toml"]),
    }
    return Count(applicable=applicable, unproved=unproved(applicable, texts))


def main() -> None:
    """Print the count of every combination and what is missing."""
    missing = set()
    with tempfile.TemporaryDirectory() as folder:
        template = renders.snapshot(Path(folder) / "template")
        for number, combination in enumerate(COMBINATIONS):
            found = count(combination, renders.render(template, Path(folder) / str(number), combination.answers))
            missing |= {each.id for each in found.unproved}
            tally = f"{found.met} met of {len(found.applicable)} applicable, {len(found.deviating)} deviating"
            print(f"{combination!s:40} {tally}, {len(found.unproved)} without a test")
    print(*sorted(missing), sep="\n")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
