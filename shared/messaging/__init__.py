"""Between the services: the relay from an outbox to the broker, the consumer from a queue to the inbox, and what they share."""
