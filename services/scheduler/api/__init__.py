"""The scheduler's HTTP API: one module per resource, shapes in `schemas.py`. Shape in, shape out; no rule, no store."""
