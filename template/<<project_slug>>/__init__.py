"""Start reading at `main.py`; `auth/__init__.py` is the map of authentication."""
