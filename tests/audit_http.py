"""A county's log over HTTP for tests: events of two villages, one hidden, one sealed, one that is none, and who reads them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack import Stack
from shared.ids import new_id
from shared.sealing import Sealer
from tests.auditing import Office, body_of, log_running, publish, signed
from tests.county import County
from tests.servers import Vhost

COUNT = 270


@dataclass
class Log:
    """A log with events of two villages, one hidden, one sealed, one that is none."""

    office: Office
    bodies: list[bytes]
    person: str
    gone: str


@contextmanager
def log_over_http(stack: Stack, name: str, where: Path) -> Iterator[Log]:
    """The log of a county of its own at this vhost, kept while the block lasts."""
    county = County(stack, Vhost(name, stack.rabbit.amqp_url_of(name)), f"t{new_id()[-12:]}", where, demo="yes")
    office = Office(county)
    made = _told(county, office)
    with log_running(county):
        publish(county, made.bodies)
        signed(county, COUNT)
        yield made
    county.close()


def _told(county: County, office: Office) -> Log:
    """Entries 0: the village's, 1: another's, 2: hidden, 3: sealed, 4: none; the rest the village's."""
    keys = county.service("registry").keys
    person, gone = new_id(), new_id()
    keys.make_many([person, gone])
    sealed = body_of_sealed(county, office, [person, gone])
    keys.erase(gone)
    hidden = body_of(county, type="visit.disputed.v1", actor=new_id(), data={"sealed": []})
    first = [
        body_of(county, branch=office.village),
        body_of(county, branch=f"{office.township}/{new_id()}"),
        hidden,
        sealed,
        b"nobody's event",
    ]
    return Log(office, first + [body_of(county, branch=office.village) for _ in range(COUNT - 5)], person, gone)


def body_of_sealed(county: County, office: Office, people: list[str]) -> bytes:
    """An event with a part sealed for each of these people, and one whose key nobody has."""
    event, runtime = new_id(), county.service("registry")
    sealer = Sealer(runtime.keys, county.settings.county)
    parts = [{"under": each, "value": sealer.seal(each, "event", event, {"name": "王小春"})} for each in people]
    parts.append({"under": new_id(), "value": parts[0]["value"]})
    return body_of(county, id=event, type="person.registered.v1", branch=office.village, data={"sealed": parts})
