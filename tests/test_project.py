"""A project's own tests pass, where `is_tried` and `is_attacked` say; the migrations of every one go up and down."""

from pathlib import Path

from tools import checks
from tools.combinations import SLUG, Combination

from .conftest import must_pass


def test_its_own_tests_pass_and_take_every_branch_of_the_authentication(tried: Path, combination: Combination) -> None:
    """The branches where they are measured; `is_measured` says where."""
    must_pass(tried, "coverage" if checks.is_measured(combination) else "tests")


def test_further_variants_of_attacks_fail(attacked: Path) -> None:
    must_pass(attacked, "attacks")


def test_its_migrations_go_up_and_down_and_match_its_models(project: Path) -> None:
    must_pass(project, "migrations")


def test_a_forgotten_migration_is_seen(specimen: Path) -> None:
    models = specimen / SLUG / "users" / "models.py"
    models.write_text(
        f"{models.read_text()}\n\nclass Planted(Base):\n"
        '    __tablename__ = "planted"\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
    )
    assert "New upgrade operations detected" in checks.complaint(specimen, "migrations")
