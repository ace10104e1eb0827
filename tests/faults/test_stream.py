"""The relay's change stream is lost, as when the oplog has run past it: the query finds everything, and nothing spins."""

from shared.units.outbox import Outbox
from tests.eventually import eventually
from tests.faults.backbone import Backbone
from tests.faults.test_servers import failing, telling

HISTORY_LOST = 286
NEVER_SO_OFTEN = 100
"""A loop without pauses opens a stream some thousand times in the seconds a test takes."""


def times_failed(backbone: Backbone) -> int:
    """How many commands this database has failed on purpose since it started."""
    asked = backbone.registry.client.admin.command("getParameter", **{"failpoint.failCommand": 1})
    return int(asked["failpoint.failCommand"]["timesEntered"])


def test_streams_that_are_lost_and_cannot_be_opened_for_a_while_cost_no_event(backbone: Backbone) -> None:
    told = backbone.tell(subjects=1, each=1)
    before = times_failed(backbone)
    with backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        eventually(lambda: backbone.effects(), "it works", within=30)
        with failing(backbone, "getMore", "aggregate", times=6, errorCode=HISTORY_LOST), telling(backbone, told):
            eventually(lambda: len(told) > 150 and len(backbone.effects()) > 100, "events flow", within=60)
        backbone.count(told)
    assert times_failed(backbone) > before


def test_a_stream_that_is_always_lost_is_opened_with_pauses_and_the_query_tells_everything(backbone: Backbone) -> None:
    outbox = Outbox(backbone.registry.database)
    before = times_failed(backbone)
    lost_each_time = failing(backbone, "getMore", times=1_000_000, errorCode=HISTORY_LOST)
    with lost_each_time, backbone.running(backbone.relay(backbone.registry), backbone.consumer()):
        told = backbone.tell(subjects=20, each=3)
        eventually(lambda: outbox.backlog(1) == 0, "told without a stream", within=30)
        backbone.count(told)
    assert 0 < times_failed(backbone) - before < NEVER_SO_OFTEN
