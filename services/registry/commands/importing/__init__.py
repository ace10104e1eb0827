"""A roster becomes people: read (pure), matched with who is known, drafted, and written a batch at a time.

A batch is one unit of work that also moves the job's mark on, so that a kill at any moment doubles nobody and loses nobody.
"""
