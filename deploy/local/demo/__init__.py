"""The demo: a whole county on this machine, and a month of care in one township, played in about two minutes."""
