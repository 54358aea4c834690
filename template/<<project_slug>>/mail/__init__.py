"""Mail: written in `messages`, queued in `outbox`, carried by `console` (development) or `smtp`."""
