"""The witness (c2sp.org/tlog-witness): a small process another office runs, so that a county cannot take back its log.

For each log it knows it keeps one file: the latest checkpoint it cosigned. It signs a newer one only when that is shown to
continue this one. Needs nothing of the county but the log's public key, and shares no code with it but the log's formats.
"""
