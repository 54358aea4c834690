"""What an order may be."""

from ..settings import Settings


class OrderSettings(Settings):
    """Orders in all."""

    orders_per_user: int = 3
