"""Accounts: who somebody is. How they prove it lives in `auth/`, in tables of its own."""
