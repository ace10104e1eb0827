"""The scheduler's pages and parts: the volunteer's day, visits of a person, what needs somebody today, figures."""
