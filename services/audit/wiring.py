"""What the audit service's app and worker put together, each in its own process: one screen, everything passed in."""

from functools import partial

from services.audit import recall, store
from services.audit.commands.concerns import Concerns, Matter
from services.audit.evidence import evening
from services.audit.evidence.assembly import Assembly
from services.audit.evidence.keeps import Keeps
from services.audit.evidence.runner import Contradictions
from services.audit.evidence.sources import Sources
from services.audit.evidence.store import Marks
from services.audit.front import Front
from services.audit.handlers import Watch
from services.audit.inspections.anchoring import Anchoring, newest_standing
from services.audit.inspections.counting import Counting
from services.audit.inspections.desk import InspectionDesk, desk_of
from services.audit.log.intake import Intake
from services.audit.log.loop import LogLoop
from services.audit.log.recovery import Opening, Place, place_in
from services.audit.log.retelling import LogAgain, Settled
from services.audit.log.succession import Succession
from services.audit.queries import LogQueries
from services.audit.report.keeping import ReportFolder
from services.audit.store import LogStore
from services.audit.unsealing import Unsealing
from services.audit.watch.backlog import Backlog
from services.audit.watch.completeness import Completeness
from services.audit.watch.health import LogHealth, queue_length
from services.audit.watch.holes import LogHoles, LogTail
from services.audit.watch.scrub import Scrub
from services.audit.watch.silence import Silence, broker_answers
from services.audit.watch.standing import Standing
from services.audit.witnessing.cosigned import Cosigned
from services.audit.witnessing.witnesses import offices_of, witnessing_of
from shared.app import cursors, idempotent
from shared.clock import from_wire
from shared.duty.heartbeats import Heartbeats
from shared.healing.again import LOG, Answering, send_ask
from shared.healing.recall import RESTORED, VITALS, window
from shared.healing.watches import Watches
from shared.looks import Looks
from shared.messaging.bodies import Bodies
from shared.messaging.follows import FOLLOWS, LOG_QUEUE, county_topology
from shared.messaging.topology import Topology
from shared.runtime import Runtime
from shared.sealing import FileMaster
from shared.units import Unit
from shared.worker import Duties


def place_of(runtime: Runtime) -> Place:
    """Where this county's log lies."""
    return place_in(runtime.settings)


def concerns_of(runtime: Runtime) -> Concerns:
    """The concerns of this county."""
    lost = window(runtime.database)
    restored_at = from_wire(lost.until) if lost else None
    return Concerns(runtime.sealer, runtime.county_clock, runtime.home, restored_at)


def marks_of(runtime: Runtime) -> Marks:
    """What numbers, texts and ids are compared by (evidence/store.py)."""
    return Marks.of(runtime.database, FileMaster(runtime.settings.data / "master.key"))


def assembly_of(runtime: Runtime) -> Assembly:
    """The evidence of this county's visits."""
    return Assembly(runtime.database, runtime.sealer, marks_of(runtime))


def contradictions_of(runtime: Runtime) -> Contradictions:
    """The evening look for what speaks against itself."""
    sources = Sources(runtime.database, runtime.sealer)
    return Contradictions(
        runtime.units, runtime.database, concerns_of(runtime), sources, marks_of(runtime), runtime.county_clock
    )


def open_front(runtime: Runtime) -> Front:
    """Everything the HTTP side needs. Raises ConfigError when a key file is missing."""
    store.prepare(runtime.database)
    looks = Looks(runtime.units, runtime.database, runtime.county_clock)
    looks.prepare()
    return Front(
        runtime,
        LogQueries(runtime.database, runtime.home),
        concerns_of(runtime),
        Unsealing(runtime.sealer, looks, runtime.home),
        place_of(runtime).reader(),
        idempotent(runtime),
        cursors(runtime),
        inspecting_of(runtime),
        assembly_of(runtime),
    )


def inspecting_of(runtime: Runtime) -> InspectionDesk:
    """What inspections are done with."""
    return desk_of(runtime, concerns_of(runtime), ReportFolder(place_of(runtime).reports))


def anchoring_of(runtime: Runtime) -> Anchoring:
    """The loop that notes the checkpoint an inspection is drawn by."""
    rows, inspections = LogStore(runtime.database), inspecting_of(runtime).inspections
    cosigned, witnessed = Cosigned(runtime.database), runtime.settings.witnesses is not None
    newest = partial(newest_standing, cosigned=cosigned.standing, witnessed=witnessed)
    return Anchoring(runtime.units, runtime.database, inspections, lambda: newest(rows.state()))


def counting_of(runtime: Runtime) -> Counting:
    """The loop that counts what an inspection may draw from."""
    return Counting(runtime.database, runtime.home)


def opening_of(runtime: Runtime) -> Opening:
    """What opens the log for its one writer."""
    rows, concerns = LogStore(runtime.database), concerns_of(runtime)

    def alarm(unit: Unit, entry: dict[str, object]) -> None:
        if unit.collection(VITALS).find_one({"_id": RESTORED, "recalled": False}):
            return  # nothing may be told yet: after_recall looks for it
        matter = Matter("other_body", runtime.home, about=str(entry["subject"]), cause=str(entry["event"]))
        concerns.open(unit, matter)

    intake = Intake(runtime.units, rows, runtime.settings.county, alarm)
    place = place_of(runtime)
    succession = Succession(runtime.home, offices_of(runtime), place.cosigned)
    return Opening(place, rows, intake, runtime.machine_clock, runtime.faults, succession)


def log_of(runtime: Runtime, topology: Topology | None = None) -> LogLoop:
    """The loop that keeps the log."""
    queue = Bodies(runtime.settings.amqp_url, LOG_QUEUE, topology or county_topology())
    return LogLoop(opening_of(runtime), queue, LogStore(runtime.database))


def log_answers(runtime: Runtime, topology: Topology | None = None) -> Answering:
    """Tells again, out of the log, what no outbox has any more."""
    settled = Settled(runtime.settings.amqp_url, LogStore(runtime.database))
    again = LogAgain(runtime.database, settled)
    return Answering(runtime.settings.amqp_url, LOG, again.find, topology or county_topology())


def log_holes(runtime: Runtime) -> Watches:
    """Asks for what the log itself never got."""
    ask = partial(send_ask, runtime.settings.amqp_url)
    return Watches([LogHoles(runtime.database, runtime.machine_clock, ask).look, LogTail(runtime.database, ask).look])


def completeness_of(runtime: Runtime) -> Completeness:
    """Through which day the log is complete, for each service of the county."""
    return Completeness(runtime.database, tuple(FOLLOWS))


def health_of(runtime: Runtime) -> LogHealth:
    """The watch over the log."""
    return LogHealth(
        runtime.database,
        Standing(runtime.units, runtime.database, concerns_of(runtime)),
        completeness_of(runtime),
        partial(queue_length, runtime.settings.amqp_url),
        place_of(runtime).folder,
        runtime.county_clock,
        runtime.machine_clock,
        runtime.home,
        Backlog(),
    )


def duties_of(runtime: Runtime, topology: Topology | None = None) -> Duties:
    """What the audit service's worker does beside the backbone."""
    store.prepare(runtime.database)
    concerns = concerns_of(runtime)
    keeps = Keeps(runtime.sealer, marks_of(runtime))
    watch = Watch(concerns, runtime.sealer, runtime.county_clock, keeps)
    clock, heartbeats = runtime.machine_clock, Heartbeats(runtime.database, runtime.machine_clock)
    amqp_url = runtime.settings.amqp_url
    answers = partial(broker_answers, amqp_url)
    silence = Silence(runtime.units, concerns, clock, amqp_url, runtime.home, tuple(FOLLOWS), heartbeats, answers)
    scrub = Scrub(LogStore(runtime.database), place_of(runtime).reader(), runtime.settings.county, clock)
    loops = {"log": log_of(runtime, topology).run, "silence": silence.run, "scrub": scrub.run}
    loops["health"] = health_of(runtime).run
    loops |= {"log_answers": log_answers(runtime, topology).run, "log_holes": log_holes(runtime).run}
    loops |= {"anchoring": anchoring_of(runtime).run, "counting": counting_of(runtime).run}
    inspecting = inspecting_of(runtime)
    standing = Standing(runtime.units, runtime.database, concerns)
    if (witnessing := witnessing_of(runtime, place_of(runtime), standing)) is not None:
        loops["witnessing"] = witnessing.run
    loops["contradictions"] = contradictions_of(runtime).run
    evening.begin(runtime.database, runtime.county_clock)
    desk = recall.Desk(concerns, runtime.sealer, runtime.home, inspecting.findings)
    return Duties(
        watch.handlers(),
        {**watch.timers(), evening.LOOK: evening.call, **inspecting.timers()},
        loops,
        recall=recall.recalls(desk),
        after_recall=partial(recall.after_recall, desk),
        needed_to_recall=frozenset({"log", "log_answers"}),
    )
