"""A sample resource that belongs to users. Copy its shape, then delete this folder, its tests and its two lines
in `api.py`.
"""
