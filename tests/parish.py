"""A parish for tests of the restored notifier: families, the carrier, the other services and the log around it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from services.audit.store import prepare
from services.audit.wiring import log_answers, log_of
from shared.access import Principal, Role
from shared.clock import MachineClock
from shared.ids import new_id
from shared.messaging.follows import county_topology
from shared.tokens import TokenMaker
from shared.units import sums
from tests.carriers import Carrier
from tests.county import County
from tests.told import told_events
from tests.village import Village

Doc = dict[str, Any]
WIRES = county_topology()
SON, DAUGHTER, HOME, CALLER, NEAR, NEWCOMER, STRANGER = (f"1380000000{number}" for number in range(7))
CROWD = [f"139000000{number:02}" for number in range(12)]
PHONES = [SON, DAUGHTER, HOME, CALLER, NEAR, NEWCOMER, STRANGER, *CROWD]
SUNDAY, AFTER_HOURS, MONDAY = ("2026-09-06T10:00", "2026-09-06T13:00", "2026-09-07T00:00")
KEPT = ("people", "kinships", "households", "visits", "contacts", "look_ins")
MADE_ONCE_MORE = ("made_at", "not_before", "sent_at", "named", "parts", "carrier_ids", "carrier_forms", "settled", "fields")
"""What no event says of a message: when it was written, the carrier's ids; the week's count is counted anew."""

UNSAID = {"bare", "key", "occasion", "look_in"}
"""What no event says of a message and nobody makes once more: a greeting that was answered, the week's word to who is new."""


class Parish:
    """Families around a notifier that works over the broker, with listeners and the log."""

    def __init__(self, county: County, village: Village, carrier: Carrier) -> None:
        self.county, self.village, self.carrier, self.audit = county, village, carrier, county.service("audit")
        village.over_the_broker = True
        prepare(self.audit.database)
        self.rows = village.rows

    @contextmanager
    def world(self) -> Iterator[None]:
        """All but the notifier."""
        log = {"log": log_of(self.audit, WIRES).run, "log_answers": log_answers(self.audit, WIRES).run}
        with (
            self.county.working(self.village.registry, WIRES, roles=("relay", "consumer")),
            self.county.working(self.village.scheduler, WIRES, roles=("relay", "consumer")),
            self.county.working(self.audit, WIRES, roles=("own",), loops=log, needed_to_recall=frozenset(log)),
        ):
            yield

    @contextmanager
    def notifier(self, *roles: str) -> Iterator[None]:
        """The notifier's worker, or these parts of it."""
        mine = self.village.duties
        more = {"timers": mine.timers, "loops": mine.loops, "recall": mine.recall, "after_recall": mine.after_recall}
        chosen = roles or ("relay", "consumer", "timers", "own")
        with self.county.working(self.village.notifier, WIRES, mine.handlers, chosen, **more):
            yield

    def family(self, name: str, *phones: str, presence: str = "away") -> tuple[str, str]:
        """An elder with a relative for each of these phones; elder and household."""
        elder = self.village.elder(name)
        for order, phone in enumerate(phones, 1):
            self.village.kin(elder, self.village.person("王建国", phone), presence, order=order)
        return elder, self.village.household(elder)

    def missed(self, home: tuple[str, str]) -> None:
        """Nobody came to this home."""
        elder, household = home
        self.village.nobody_came(self.village.visit(household, elder), household, elder)

    def moves_to(self, moment: str) -> None:
        """County time goes on."""
        self.village.clock.move_to(datetime.fromisoformat(moment).replace(tzinfo=UTC))

    def heard(self) -> None:
        """The notifier has handled all there is, and its families have what is due."""
        mine, follows = _sums(self.rows, sums.HEARD, _nouns), WIRES.follows("notifier.events")
        tellers = (self.village.registry, self.village.scheduler)
        told = {noun: found for one in tellers for noun, found in _sums(one.database, sums.TOLD, _noun).items()}
        assert all(mine.get(noun) == found for noun, found in told.items() if noun in follows and noun != "day")
        busy = {"state": {"$in": ["queued", "submitting"]}, "not_before": {"$lte": self.village.clock.now()}}
        assert self.rows["messages"].count_documents(busy) == 0

    def logged(self) -> None:
        """The log has all the notifier told."""
        assert self.rows["outbox"].find_one({"untold": True}) is None
        told = {row["id"] for row in told_events(self.rows)}
        assert told == set(self.audit.database["entries"].distinct("event", {"service": "notifier"}))

    def phones(self) -> dict[str, list[str]]:
        """What each phone has shown, text by text."""
        return {phone: self.carrier.arrived(phone) for phone in PHONES}

    def documents(self) -> dict[str, dict[str, Doc]]:
        """What the notifier keeps, by collection and id, with what is sealed opened."""
        return {name: {row["_id"]: self._opened(name, row) for row in self.rows[name].find({})} for name in KEPT}

    def messages(self) -> dict[str, Doc]:
        """The messages by id, as far as the log can know them."""
        rows = self.village.messages()
        return {row["_id"]: {n: v for n, v in row.items() if n not in (*MADE_ONCE_MORE, "sealed")} for row in rows}

    def asks(self) -> dict[str, str]:
        """What became of each question."""
        return {row["message"]: row["state"] for row in self.rows["asks"].find({"kind": "visit"})}

    def hidden(self) -> dict[str, Doc]:
        """What families said about visits."""
        found = self.rows["answers"].find({"kind": "about_visit"})
        sealer = self.village.notifier.sealer
        return {row["_id"]: {**sealer.open(row["_id"], "answers", row["_id"], row["sealed"])} for row in found}

    def refuses_commands(self) -> None:
        """While it waits for its own events a command gets "come back later"."""
        settings = self.county.settings
        maker = TokenMaker(settings.data / "tokens" / "token.key", settings.county, MachineClock())
        token = maker.make(Principal(new_id(), Role.ADMINISTRATOR, settings.county, 1, "", "s"), ["notifier"])
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id(), "Host": settings.hosts[0]}
        answer = self.county.app("notifier").test_client().post("/api/v1/notifier/duty/x", json={}, headers=headers)
        assert answer.status_code == 503 and "Retry-After" in answer.headers

    def chains_are_whole(self) -> None:
        """Every chain the notifier tells goes on without fork or hole, and whoever listens followed it."""
        entries, chains = self.audit.database["entries"], defaultdict(list)
        assert entries.count_documents({"odd": {"$exists": True}}) == 0
        for row in entries.find({"service": "notifier"}):
            chains[row["subject"]].append(row["revision"])
        assert all(sorted(found) == list(range(1, len(found) + 1)) for found in chains.values())
        assert self.county.service("registry").database["held"].count_documents({}) == 0
        logged = _sums(self.audit.database, "logged", lambda words: words[0])["notifier"]
        assert _sums(self.rows, sums.TOLD, lambda words: "")[""] == logged

    def _opened(self, name: str, row: Doc) -> Doc:
        if row.get("sealed"):
            under = row[{"contacts": "person", "kinships": "relative"}.get(name, "_id")]
            return {**row, "sealed": self.village.notifier.sealer.open(under, name, row["_id"], row["sealed"])}
        return row


def _sums(database: Any, name: str, key: Any) -> dict[str, sums.Sum]:
    return sums.read_sums(database, name, key)


def _noun(words: list[str]) -> str:
    return words[0]


def _nouns(words: list[str]) -> str:
    return words[1]


def holds(check: Callable[[], object]) -> Callable[[], bool]:
    """A check that asserts, as a condition to wait for."""

    def so() -> bool:
        check()
        return True

    return so
