"""What app and worker of the notifier are both put together from."""

import structlog

from services.notifier.carrier_desk import CarrierDesk
from services.notifier.commands.weekly import keep_weekly
from services.notifier.handlers import handlers, timers
from services.notifier.outgoing import Outgoing
from services.notifier.recall import recalls
from services.notifier.smpp import Line, LineSettings
from services.notifier.store import Desk, Numbers, prepare
from shared.clock import from_wire
from shared.healing.recall import window
from shared.messaging.lease import Lease
from shared.runtime import Runtime
from shared.sealing import FileMaster
from shared.worker import Duties

SOURCE = "10690123"
"""The one number families know the office's messages by."""


def desk_of(runtime: Runtime) -> Desk:
    """The commands' desk; makes the notifier's indexes and its look-up secret."""
    prepare(runtime.database)
    lost = window(runtime.database)
    return Desk(
        sealer=runtime.sealer,
        keys=runtime.keys,
        numbers=Numbers.of(runtime.database, FileMaster(runtime.settings.data / "master.key")),
        clock=runtime.county_clock,
        home=runtime.home,
        office=runtime.settings.office_phone,
        restored_at=from_wire(lost.until) if lost else None,
    )


def line_settings(runtime: Runtime) -> LineSettings:
    """Where the carrier is."""
    settings = runtime.settings
    return LineSettings(settings.smpp_host, settings.smpp_port, settings.smpp_user, settings.smpp_password, SOURCE)


def outgoing_of(runtime: Runtime, desk: Desk, line: LineSettings | None = None) -> Outgoing:
    """The sending loop of this process."""
    chosen = line or line_settings(runtime)
    tell = CarrierDesk(desk, runtime.units, runtime.faults)
    log = structlog.get_logger()
    return Outgoing(
        desk,
        runtime.units,
        Lease(runtime.database, "outgoing", runtime.holder),
        lambda: Line(chosen, tell, runtime.machine_clock, log),
        runtime.machine_clock,
        runtime.faults,
        chosen.capacity,
    )


def duties_of(runtime: Runtime, line: LineSettings | None = None) -> Duties:
    """Everything the notifier's worker does beside the backbone, with the weekly word set."""
    desk = desk_of(runtime)
    runtime.units.run(lambda unit: keep_weekly(desk, unit))
    loops = {"outgoing": outgoing_of(runtime, desk, line).run}
    return Duties(handlers(desk), timers(desk), loops, recall=recalls(desk))
