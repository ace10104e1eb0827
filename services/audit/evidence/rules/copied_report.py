"""Reports of several homes that are word for word the same.

Compared by a keyed mark of the letters alone (store.py): the text itself stays sealed, no event carries a digest of it,
since a digest of a short text is soon guessed and the log is for ever. Short honest reports ("一切都好") have no mark
at all; a sentence that somebody likes may stand in some homes, a whole paragraph in none but one. Festival greetings are
the same for all.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from services.audit.evidence.rules.finding import Finding, Row, Rule, found, homes, whom

SENTENCE_HOMES = 7
"""A phrase of 16 to 39 letters, by one account: a volunteer sees some six homes a month and may have a phrase. Of a clerk's
account it is the remark on a printed list, and of all accounts together it is how people write: neither is counted."""
PARAGRAPH_LETTERS, PARAGRAPH_HOMES = 40, 3
"""Forty letters are a description of one home, whoever wrote them. Twice is a slip; three times it describes none."""


def find(rows: Sequence[Row]) -> Iterator[Finding]:
    """One finding for a text that stands in too many homes."""
    same = [row for row in rows if row["kind"] != "festival_visit"]
    if same and same[0]["note_letters"] >= PARAGRAPH_LETTERS:
        if homes(same) >= PARAGRAPH_HOMES:
            yield found("copied_report", whom(same), same, homes(same))
        return
    by_account: dict[str, list[Row]] = defaultdict(list)
    for row in same:
        if row.get("by") != "clerk":
            by_account[row["actor"]].append(row)
    for told in by_account.values():
        if homes(told) >= SENTENCE_HOMES:
            yield found("copied_report", whom(told), told, homes(told))


RULE = Rule("copied_report", "visits", "note", 31, find, time="reported")
