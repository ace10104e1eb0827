"""What other offices say of the log: asked to cosign, believed only as far as it can be checked."""
