"""Orders: a table, a router, a setting, a command and an error of the owner's."""
