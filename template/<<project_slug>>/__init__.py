"""Start reading at `main.py`; `auth/__init__.py` is the map of authentication."""

import gc

# A request's objects are freed by reference counting once it is answered. By default, the garbage collector scans them
# all the same (every 700 allocations on Python 3.11), for about a tenth of the time of a request and of a start.
gc.set_threshold(20_000, 20, 50)
