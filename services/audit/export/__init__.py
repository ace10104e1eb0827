"""The log taken away: bundles, proofs of one entry, on paper too, and the verifier as one file."""
