"""How inspections and findings lie in the audit database, and their indexes.

inspections  {_id, revision, branch: the scope's path, first_day, last_day, commitment, rule, state, by, opened_at, event: id of
              the event that opened it, anchor?: {origin, size, root, witnesses, note, at}, counted?: how many may be drawn,
              secret?, population?, digest?,
              shares?: [{stratum, members, drawn}], sample?: [{id, index, stratum, branch, about, day}], drawn_at?,
              checks: {id of the event drawn: {result, how, at, by}}, closed?: {outcome, at, report, figures, size, root},
              touched?: how often a finding of it changed}
populations  {inspection, part, members: [[id, index, stratum, branch, day, about]]}: kept from the counting to the draw
findings     {_id, revision, inspection, drawn, index, branch: where it is answered, first_day, last_day, kind, due, state,
              at, by, person?, note?,
              answer?, answer_note?, answered_at?, answered_by?}
reports      {_id: inspection, file: bytes}: made when the inspection is closed, never again; on disk too (report/keeping.py)
"""

from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

Doc = dict[str, Any]
INSPECTIONS, FINDINGS, REPORTS, POPULATIONS = "inspections", "findings", "reports", "populations"


def prepare(database: Database[Doc]) -> None:
    """Make the indexes. Harmless when they are there."""
    database[INSPECTIONS].create_index([("branch", ASCENDING), ("_id", DESCENDING)])
    database[INSPECTIONS].create_index([("state", ASCENDING), ("last_day", ASCENDING)])
    database[FINDINGS].create_index([("branch", ASCENDING), ("_id", DESCENDING)])
    database[FINDINGS].create_index("inspection")
    database[POPULATIONS].create_index([("inspection", ASCENDING), ("part", ASCENDING)])
