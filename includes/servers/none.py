"""The servers that the app talks to in tests: none."""

import pytest


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    """Return the settings with which the app finds them."""
    return {}
