"""The owner's ways to authenticate."""

from ..robots import robot
from .method import Method

METHODS: tuple[Method, ...] = (robot,)
