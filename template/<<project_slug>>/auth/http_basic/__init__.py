"""HTTP Basic (RFC 7617): e-mail address and password with every request.

Use it for scripts and tools that support nothing else, over TLS. There is no session and therefore no logout: what ends
access is a new password or a disabled account, on the next request. Browsers keep the password and send it by
themselves, which is why `middleware/cross_site.py` must stay.

header.py   read the Authorization header        service.py   who it is, with one hash at most
memory.py   passwords that matched a moment ago

To remove it, delete this folder, its tests, its settings, and its lines in `auth/methods.py`.
"""
