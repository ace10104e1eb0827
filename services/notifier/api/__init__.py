"""The notifier's HTTP API: read only. What is sent follows from events, never from a request."""
