"""The event backbone: unit of work, outbox, relay, consumer, progress by subject, held events, timers, beats."""
