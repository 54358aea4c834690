"""Every combination of answers that the questions allow today.

The questions' own validators are asked, so the list grows by itself when a validator lets more through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import yaml
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

ROOT = Path(__file__).parents[1]
SLUG = "my_api"


@dataclass(frozen=True, kw_only=True)
class Combination:
    """The answers that decide which files exist."""

    auth_methods: tuple[str, ...]
    database: str
    redis: bool
    kubernetes: bool = False

    def __str__(self) -> str:
        extras = [name for name in ("redis", "kubernetes") if getattr(self, name)]
        return "-".join(["+".join(self.auth_methods), self.database, *extras])

    @property
    def social_providers(self) -> list[str]:
        """Every provider where social login stands alone and where all methods meet; the default elsewhere."""
        return choices("social_providers") if self.is_extreme else questions()["social_providers"]["default"]

    @property
    def is_extreme(self) -> bool:
        """Tell whether a method stands alone or all meet: each file without its neighbours, and with them."""
        return len(self.auth_methods) in (1, len(choices("auth_methods")))

    @property
    def is_on_first_storage(self) -> bool:
        """Tell whether the storage is the first of all."""
        return (self.database, self.redis) == (choices("database")[0], False)

    @property
    def answers(self) -> dict[str, Any]:
        """The answers as Copier takes them."""
        return {
            "auth_methods": list(self.auth_methods),
            "database": self.database,
            "redis": self.redis,
            "kubernetes": self.kubernetes,
            **({"social_providers": self.social_providers} if "social_login" in self.auth_methods else {}),
        }


@dataclass(frozen=True, kw_only=True)
class Part:
    """One row of `includes/parts.jinja`, for given answers."""

    name: str
    chosen: bool
    paths: tuple[str, ...]
    requirements: tuple[str, ...]


@cache
def questions() -> dict[str, Any]:
    """Read copier.yml."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "copier.yml").read_text())
    return loaded


@cache
def environment() -> SandboxedEnvironment:
    """Build what Copier renders with."""
    return SandboxedEnvironment(
        loader=FileSystemLoader(ROOT),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        keep_trailing_newline=True,
        **questions()["_envops"] | {"undefined": StrictUndefined},
    )


def objection(question: str, answers: Mapping[str, Any]) -> str:
    """Return the sentence with which a question refuses its answer; empty when it does not."""
    validator = questions()[question].get("validator", "")
    return environment().from_string(validator).render(answers, _copier_answers=answers).strip()


def choices(question: str) -> list[str]:
    """Return the values that a question offers."""
    return list(questions()[question]["choices"].values())


def subsets(values: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield every subset, small ones first, in the order of the values."""
    for size in range(len(values) + 1):
        yield from combinations(values, size)


def asked() -> Iterator[Combination]:
    """Yield everything that can be asked for, allowed or not."""
    for methods, database, redis in product(subsets(choices("auth_methods")), choices("database"), [False, True]):
        yield Combination(auth_methods=methods, database=database, redis=redis)


def is_allowed(combination: Combination) -> bool:
    """Tell whether no question refuses."""
    answers = combination.answers
    return not any(objection(question, answers) for question in answers)


COMBINATIONS = list(filter(is_allowed, asked()))
WHOLE = max(COMBINATIONS, key=lambda each: len(each.auth_methods))
"""All methods, on the first storage."""


def parts(combination: Combination, slug: str = SLUG) -> list[Part]:
    """Read the parts table for these answers."""
    answers = combination.answers | {"project_slug": slug}
    table: Any = environment().get_template("includes/parts.jinja").make_module(answers)
    return [
        Part(
            name=name,
            chosen=row["chosen"],
            paths=tuple(row["paths"]),
            requirements=(*row.get("requires", ()), *row.get("develops_with", ())),
        )
        for name, row in table.parts.items()
    ]
