"""Drawing an inspection's sample again from the log alone: whatever was steered shows, and by which step."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.audit.inspections.draw import commitment, draw, seed_of
from services.audit.inspections.population import Span, population
from services.audit.inspections.redraw import Redrawn, redraw
from services.audit.inspections.redraw_words import SAID
from services.audit.model.wrong import Wrong
from shared.canonical import canonical
from shared.ids import new_id
from tests.unit.audit.logs import exported, root_of

SECRET = bytes(range(16))
COUNTY = new_id()
VILLAGE = f"{COUNTY}/{new_id()}/{new_id()}"
INSPECTION = new_id()
ORIGIN = f"springrain/{COUNTY}/log/1"
Doc = dict[str, Any]


def told(type_: str, data: Doc, service: str = "audit", time: str = "2026-10-01T02:00:00Z", **changed: Any) -> bytes:
    """The body of one event."""
    words = {"specversion": "1.0", "id": new_id(), "source": f"/springrain/{COUNTY}/{service}", "type": type_}
    words |= {"subject": new_id(), "time": time, "datacontenttype": "application/json", "branch": COUNTY, "actor": new_id()}
    return canonical({**words, "revision": 1, "data": data, **changed})


def visits(count: int) -> list[bytes]:
    """Visits of the village in September."""
    at = "2026-09-10T02:00:00Z"
    data = [{"household": new_id(), "volunteer": new_id(), "at": at} for _ in range(count)]
    return [told("visit.completed.v1", each, "scheduler", at, branch=VILLAGE) for each in data]


def members(bodies: list[bytes]) -> list[Any]:
    """The population of these entries."""
    span = Span(COUNTY, VILLAGE, "2026-09-01", "2026-09-30")
    return population(span, enumerate(json.loads(body) for body in bodies))


class Log:
    """A log with one inspection; `changed` names what a step says otherwise."""

    def __init__(self, **changed: Doc) -> None:
        self.changed = changed
        self.bodies = visits(30)
        self._step("opened", self._opened())
        self.bodies += visits(5)
        self.bodies.append(told("look.taken.v1", {}))
        self.size = len(self.bodies)
        self.root = root_of(self.bodies)
        self._step("anchored", {**self._checkpoint(), "witnesses": []})
        self.bodies += visits(7)
        self._step("drawn", self._drawn())

    def _step(self, name: str, data: Doc) -> None:
        change = dict(self.changed.get(name, {}))
        words = {"subject": INSPECTION, "time": change.pop("time", "2026-10-01T02:00:00Z")}
        self.bodies.append(told(f"inspection.{name}.v1", {**data, **change}, **words))

    def _opened(self) -> Doc:
        period = {"first_day": "2026-09-01", "last_day": "2026-09-30"}
        return {"scope": VILLAGE, **period, "commitment": commitment(SECRET), "rule": "1"}

    def _checkpoint(self) -> Doc:
        return {"origin": ORIGIN, "size": self.size, "root": self.root.hex()}

    def _drawn(self) -> Doc:
        sample = draw(seed_of(SECRET, self.root), members(self.bodies[: self.size]))
        found = {"secret": SECRET.hex(), **self._checkpoint(), "population": sample.population, "digest": sample.digest}
        return {**found, "shares": [], "sample": [member.id for member in sample.drawn]}


def redrawn(where: Path, bodies: list[bytes], inspection: str = INSPECTION) -> Redrawn:
    return redraw(exported(where, bodies), inspection)


def codes(found: Redrawn) -> set[str]:
    assert not found.holds
    assert all(found.lines(lang) for lang in ("zh", "en"))
    return {fault.code for fault in found.faults}


def test_anybody_who_has_the_log_draws_the_same_sample(tmp_path: Path) -> None:
    log = Log()
    found = redrawn(tmp_path, log.bodies)
    assert found.holds
    assert found.sample is not None
    assert (found.sample.population, len(found.sample.drawn), found.late) == (35, 4, 6)
    assert "没有见证人联署" in "\n".join(found.lines("zh"))
    assert found.as_json()["sample"][0].keys() == {"id", "entry", "stratum"}


def test_the_inspector_can_draw_alone_and_visit_before_the_secret_is_told(tmp_path: Path) -> None:
    log = Log()
    untold = log.bodies[:-1]
    early = redraw(exported(tmp_path, untold), INSPECTION, SECRET)
    assert early.holds
    assert early.sample is not None
    assert [each.id for each in early.sample.drawn] == json.loads(log.bodies[-1])["data"]["sample"]
    assert "口令尚未公布" in early.lines("zh")[0]
    assert codes(redraw(tmp_path / "bundle.tar", INSPECTION, bytes(16))) == {"commitment"}


def test_what_comes_after_the_checkpoint_changes_nothing(tmp_path: Path) -> None:
    log = Log()
    log.bodies += visits(40)
    assert redrawn(tmp_path, log.bodies).holds


STEERED: dict[str, tuple[dict[str, Doc], set[str]]] = {
    "another secret than was committed to": ({"drawn": {"secret": bytes(16).hex()}}, {"commitment", "sample"}),
    "a secret that is none": ({"drawn": {"secret": "zz"}}, {"commitment", "sample"}),
    "another root than the entries give": ({"anchored": {"root": "00" * 32}, "drawn": {"root": "00" * 32}}, {"root"}),
    "a checkpoint before the opening": (
        {"anchored": {"size": 30}, "drawn": {"size": 30}},
        {"order", "root", "population", "sample"},
    ),
    "a checkpoint chosen at the draw": ({"drawn": {"size": 32}}, {"another_checkpoint"}),
    "a checkpoint before the period was over": ({"anchored": {"time": "2026-09-30T15:00:00Z"}}, {"early"}),
    "people left out of the sample": ({"drawn": {"sample": []}}, {"sample"}),
    "a smaller population": ({"drawn": {"population": 34}}, {"population"}),
    "a rule nobody knows": ({"opened": {"rule": "9"}}, {"rule"}),
    "a scope that was changed later": ({"opened": {"scope": COUNTY + "/" + new_id()}}, {"population", "sample"}),
}


@pytest.mark.parametrize("how", STEERED)
def test_a_sample_that_was_steered_shows_by_its_step(how: str, tmp_path: Path) -> None:
    changed, expected = STEERED[how]
    assert codes(redrawn(tmp_path, Log(**changed).bodies)) == expected


def test_an_entry_slipped_in_below_the_checkpoint_shows(tmp_path: Path) -> None:
    log = Log()
    log.bodies.insert(20, visits(1)[0])
    assert {"root", "population"} <= codes(redrawn(tmp_path, log.bodies))


def test_a_step_that_lacks_what_it_must_say_is_none(tmp_path: Path) -> None:
    log = Log()
    bare = told("inspection.drawn.v1", {"secret": SECRET.hex()}, subject=INSPECTION)
    assert codes(redrawn(tmp_path, [*log.bodies[:-1], bare])) == {"missing"}


def test_without_all_its_steps_an_inspection_is_not_confirmed(tmp_path: Path) -> None:
    log = Log()
    assert codes(redrawn(tmp_path, log.bodies[:-1])) == {"missing"}
    assert codes(redrawn(tmp_path, log.bodies, new_id())) == {"missing"}


@pytest.mark.parametrize("keep", [0, 511, 4096, -2048])
def test_a_file_that_is_no_whole_log_is_refused(keep: int, tmp_path: Path) -> None:
    path = exported(tmp_path, Log().bodies)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Wrong):
        redraw(path, INSPECTION)


def test_every_sentence_has_both_languages() -> None:
    assert all({"zh", "en"} == said.keys() for said in SAID.values())
