"""What goes wrong with orders."""

from ..errors import Conflict


class TooManyOrders(Conflict):
    """The owner has as many as there may be."""

    code = "too_many_orders"
    detail = "You have ordered enough."
