"""What the scheduler can do. Each call is (part of) one unit of work: load, decide by the model, write and tell."""
