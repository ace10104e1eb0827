"""What the registry can do. A function that takes a `unit` works inside it; the others say that they run their own."""
