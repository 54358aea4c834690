"""Start reading at `main.py`; `auth/__init__.py` is the map of authentication."""

import gc

# What a request makes goes when it is answered, without the garbage collector. By default, every 700 objects on Python
# 3.11, that looks through it all the same, for about a tenth of the time of a request and of a start.
gc.set_threshold(20_000, 20, 50)
