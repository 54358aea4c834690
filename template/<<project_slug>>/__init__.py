"""Start reading at `main.py`; `auth/__init__.py` is the map of authentication."""

import gc

# What a request makes goes when it is answered, without the garbage collector. By default that would look through it
# every 700 objects, which takes a tenth of each request and more of each start.
gc.set_threshold(20_000, 20, 50)
