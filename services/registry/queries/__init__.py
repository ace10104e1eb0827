"""What the registry can be asked. Every query of branch-bound things is bounded by the asker's scope."""
