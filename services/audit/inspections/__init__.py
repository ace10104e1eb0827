"""Inspections (督查): are the visits real? Drawn so that nobody can steer it, answered for by the branch, closed with a report.

opened    the inspector names a scope and a period and gives the SHA-256 of a secret that no server has seen
anchored  the first checkpoint after the opening and after the period's end is noted, by the worker, before the secret is told
drawn     the secret is told; SHA-256(secret, root of that checkpoint) ranks the population, of which a stated rule takes some
closed    what was found, what the branches answered, and the SHA-256 of the report stand in the log

Whoever has the log can draw again (`redraw.py`): `rule`, `population` and `draw` are pure and ask nobody.
"""
