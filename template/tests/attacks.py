"""Further variants of an attack: `pytest -m attack` tries them, `pytest` alone does not."""

import pytest


def attacks(*variants: object) -> list[object]:
    """Mark values of a parameter, or tuples of the values of several, as further variants."""
    values = (each if isinstance(each, tuple) else (each,) for each in variants)
    return [pytest.param(*each, marks=pytest.mark.attack) for each in values]
