"""Mail: written in `messages`, queued in `outbox`, delivered by `console` (development) or `smtp`."""
