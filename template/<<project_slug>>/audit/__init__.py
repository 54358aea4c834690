"""Security events: a table for what happened to accounts, and a structured log line for every event (ASVS 16.3)."""
