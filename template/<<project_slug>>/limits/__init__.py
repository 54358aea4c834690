"""Rate limits on every endpoint that takes a credential or sends mail (ASVS 2.4.1, 6.3.1).

Counted in the shared store, since each worker process has memory of its own. `limit("token")` on a route counts by
address; services count by account with `hit`.
"""
