"""The front: which path belongs to which service, and the nginx configuration made of it."""
