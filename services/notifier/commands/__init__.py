"""What the notifier can do. Each command runs inside a unit of work its caller opens; none has a side effect outside it."""
