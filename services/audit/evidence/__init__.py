"""Evidence of visits, point by point, and what speaks against itself. For inspections, pages and the API.

**For whoever assembles evidence** (inspections, reports): make one `Assembly` (assembly.py) and ask it.

    assembly = Assembly(database, sealer, marks)        # wiring.py: `assembly_of(runtime)`
    assembly.of(visit_id)   -> Evidence                 # raises NotFound for a visit nobody told of
    assembly.of_many(ids)   -> {visit id: Evidence}     # three reads for any number
    evidence.points         -> (Point(channel, worth, event, at, hidden), ...)   one log entry each: `event` is its id
    evidence.verdict        -> Verdict.SHOWN / UNKNOWN / DISPUTED                 unknown is never low (docs/domain.md, rule 1)
    evidence.for_branch()   -> "shown" or "in_review": all a branch or a volunteer may be told (rule 2)
    standing(evidences)     -> Tally(shown, unknown, disputed)                    verdict.py

**What can be drawn for a sample** lies in two collections of the audit database with the same stable fields:

    visits   {_id: visit, branch: path, household, volunteer, kind, day: "2026-11-24", state, at?, reported?, event?, ...}
    endings  {_id: event id, thing, branch: path, household?, volunteer?, person?, kind, hard, day: "2026-11-24", event}

`visits.state`: planned, checked_in, declined, completed, missed, cancelled. `endings.kind`: pairing_ended, care_ended,
band_lowered, categories_changed; `hard`: it was somebody whom the rhythm asked to be seen every week. Both have an index on
(day, _id) and on (branch, day). Every row is made of events only: whoever has the log can make them again.

Never here: who complained. A dispute is a point without a person; what families answered lies sealed (keeping.py).
"""
