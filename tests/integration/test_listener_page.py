"""`docs/listener.md` is true: its code is taken from the page and run between two services on the real servers."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.events import Event
from shared.ids import new_id
from shared.inbox import Handler
from shared.messaging.topology import Topology
from shared.sealing import ERASED, Sealer
from tests.catalogues import another_catalogue
from tests.county import County
from tests.eventually import eventually

PAGE = Path(__file__).parents[2] / "docs" / "listener.md"
IMPORTED = {"Event": Event, "Handler": Handler, "Mapping": Mapping, "ERASED": ERASED, "Sealer": Sealer}
"""What the page says in words that its last block needs."""
PLACES = Topology.of({"registry": [], "scheduler": [], "notifier": ["snow"]}, logs=["audit.log"])


def blocks() -> list[str]:
    """The Python of the page, in order."""
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_listener_has_ten_lines() -> None:
    assert len(blocks()[-1].splitlines()) == 10


def test_the_code_of_the_page_tells_and_hears_between_two_services(county: County) -> None:
    said: dict[str, Any] = dict(IMPORTED)
    for block in blocks():
        exec(compile(block, str(PAGE), "exec"), said)
    scheduler, notifier = county.service("scheduler"), county.service("notifier")
    household, elder, gone = new_id(), new_id(), new_id()
    keys = county.service("registry").keys
    keys.make_many([elder, gone])
    with another_catalogue("scheduler", SnowCleared=said["SnowCleared"]):
        for person in (elder, gone):
            scheduler.units.run(lambda unit, person=person: said["clear_snow"](unit, new_id(), household, person, "路通了"))
        keys.erase(gone)
        with county.working(scheduler, PLACES), county.working(notifier, PLACES, said["handlers"](notifier.sealer)):
            eventually(lambda: notifier.database["doorsteps"].count_documents({}) == 2)
    first, second = notifier.database["doorsteps"].find(sort=[("_id", 1)])
    assert (first["household"], first["day"]) == (household, "2026-12-20")
    assert notifier.sealer.open(elder, "doorsteps", first["_id"], first["sealed"]) == {"words": "路通了"}
    assert "sealed" not in second
    assert scheduler.database["snow"].count_documents({}) == 2
    assert notifier.database["held"].count_documents({}) == 0
