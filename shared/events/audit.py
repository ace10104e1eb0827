"""Event types the audit service tells: concerns and inspections. Its log holds its own events like all others."""

from shared.events.fields import Code, Count, Day, Id, ListOf, Text, Word
from shared.events.schema import EventSchema, Kind

EVERYDAY = (
    "not_covered",
    "missed",
    "disputed",
    "unreachable",
    "no_adult",
    "look_in_overdue",
    "alarm",
    "no_pairing",
    "parked",
    "gap",
    "silent_source",
    "other_body",
)
"""What care itself brings up."""
CONTRADICTIONS = (
    "answers_differ",
    "two_places",
    "burst",
    "copied_report",
    "shared_number",
    "shared_device",
    "quick_answers",
    "before_deadline",
    "moved_often",
    "hard_cases",
)
"""What speaks against itself: for people above the branch to look at, never a verdict (services/audit/evidence/rules)."""
OF_THE_LOG = ("log_stopped", "log_damaged", "log_contradicted", "log_late", "log_hole", "incomplete_day", "broker_away")
"""What ails the log itself (services/audit/watch/health.py, silence.py): closed by itself when it is mended."""
OVERDUE = ("finding_overdue", "draw_overdue")
"""What an inspection waits for: a branch's answer, an inspector's draw."""
CONCERNS = (*EVERYDAY, *CONTRADICTIONS, *OF_THE_LOG, *OVERDUE)


class ConcernRaised(EventSchema):
    """Something that must not be forgotten, at the level that can act. New kinds (CONCERNS) come without a new version."""

    TYPE = "concern.raised.v1"
    kind = Code(40, open="what it is about")
    level = Word("village", "township", "county", open="who must act")
    about = Id(open="which thing", optional=True)
    entry = Count(2**53 - 1, open="index of the log entry that shows it", optional=True)
    due = Day(open="until when", optional=True)
    shows = ListOf(Id(), 20, open="the events that show it", optional=True)


class ConcernClosed(EventSchema):
    """The concern is settled, by a later event or by a person."""

    TYPE = "concern.closed.v1"
    kind = Code(40, open="what it was about")
    why = Code(40, open="what settled it")


class ConcernHidden(EventSchema):
    """A concern whose thing must stay unknown. All is sealed under the record's own key."""

    TYPE = "concern.hidden.v1"
    KINDS = frozenset({Kind.HIDDEN})
    kind = Code(40)
    about = Id()
    state = Word("open", "closed", optional=True)
    shows = ListOf(Id(), 20, optional=True)


class LogBegan(EventSchema):
    """The first entry of a log that follows another: which, and how far witnesses remember it to have grown."""

    TYPE = "log.began.v1"
    number = Count(1_000_000, open="how many logs this county has had, with this one")
    before = Code(120, open="name of the log before it")
    size = Count(2**53 - 1, open="entries of its last cosigned checkpoint, where somebody remembers one", optional=True)
    root = Code(64, open="root of that checkpoint, in hex", optional=True)
    witnesses = ListOf(Code(120), 20, open="names of the witnesses whose signatures it bears", optional=True)


class LogExported(EventSchema):
    """Somebody takes the log, or a part of it, away as a file. What it holds of people stays sealed."""

    TYPE = "log.exported.v1"
    kind = Word("log", "span", "branch", "thing", open="how much of it")
    of = Code(230, open="path of the branch, or id of the thing", optional=True)
    first_day = Day(open="days from", optional=True)
    last_day = Day(open="days to", optional=True)
    size = Count(2**53 - 1, open="entries of the log then")


class LogExportAgreed(EventSchema):
    """A second person agrees that what is about one person is given out."""

    TYPE = "log.export_agreed.v1"
    of = Id(open="what it is about")


class InspectionOpened(EventSchema):
    """An inspector opens an inspection. Its branch is the county's: the inspected one learns of it by findings."""

    TYPE = "inspection.opened.v1"
    scope = Code(230, open="path of the branch inspected")
    first_day = Day(open="period from")
    last_day = Day(open="period to")
    commitment = Code(64, open="SHA-256 of a secret that only the inspector has")
    rule = Code(20, open="version of the sampling rule")


class InspectionAnchored(EventSchema):
    """The checkpoint to draw by: the first after the opening and the period's end. No secret is told yet."""

    TYPE = "inspection.anchored.v1"
    origin = Code(120, open="the log's name")
    size = Count(2**53 - 1, open="entries of the log then")
    root = Code(64, open="its root, in hex")
    witnesses = ListOf(Code(120), 20, open="names of the witnesses whose signatures it bears")


class InspectionDrawn(EventSchema):
    """The secret is told, and with it the sample: whoever has the log can draw it again."""

    TYPE = "inspection.drawn.v1"
    secret = Code(32, open="the secret, in hex: told now, of no use any more")
    origin = Code(120, open="the log's name")
    size = Count(2**53 - 1, open="entries of the log the sample is drawn from")
    root = Code(64, open="its root, in hex")
    population = Count(open="how many things could be drawn")
    digest = Code(64, open="SHA-256 of the population")
    shares = ListOf(Code(60), 20, open="by stratum: `stratum|members|drawn`")
    sample = ListOf(Id(), 200, open="ids of the events drawn, stratum by stratum")


class InspectionChecked(EventSchema):
    """What asking the people concerned gave for one thing of the sample."""

    TYPE = "inspection.checked.v1"
    drawn = Id(open="id of the event drawn")
    result = Code(40, open="holds, does_not_hold or unknown")
    how = Code(40, open="how it was looked at")


class InspectionClosed(EventSchema):
    """The inspection is over. What its report says stands by these hashes."""

    TYPE = "inspection.closed.v1"
    outcome = Code(40, open="reported, or given_up before the draw")
    report = Code(64, open="SHA-256 of the report's file", optional=True)
    figures = Code(64, open="SHA-256 of the report's figures", optional=True)
    size = Count(2**53 - 1, open="entries of the log then", optional=True)
    root = Code(64, open="its root then, in hex", optional=True)
    findings = Count(1000, open="how many findings were recorded")


class FindingRecorded(EventSchema):
    """Something a branch has to answer for. Told at the county: a branch must not read here which home was asked (rule 2)."""

    TYPE = "finding.recorded.v1"
    inspection = Id(open="of which inspection")
    drawn = Id(open="id of the event it is about")
    by_branch = Code(230, open="path of the branch that answers")
    kind = Code(40, open="what kind of thing is not as it was told")
    due = Day(open="until when the branch answers")
    note = Text(1000, optional=True)


class FindingAnswered(EventSchema):
    """The branch answers."""

    TYPE = "finding.answered.v1"
    inspection = Id(open="of which inspection")
    answer = Code(40, open="accepted, explained or mended")
    note = Text(1000, optional=True)
