"""Words of inspections: every field and value an event may carry has one, in both languages."""

from pathlib import Path

from services.audit.inspections import rule, steps
from services.audit.pages.inspection_words import INSPECTION_FIELDS, INSPECTION_WORDS
from services.audit.pages.words import FIELDS
from shared.events import catalogue
from shared.pages.languages import read_catalogue

ROOT = Path(__file__).parents[3]
SAID = {
    "inspection": (steps.OPENED, steps.ANCHORED, steps.DRAWN, steps.CLOSED),
    "finding_state": (steps.RECORDED, steps.ANSWERED),
    "outcome": (steps.REPORTED, steps.GIVEN_UP),
    "stratum": rule.NAMES,
    "result": steps.RESULTS,
    "way": steps.WAYS,
    "finding_kind": steps.KINDS,
}


def test_every_state_and_value_has_a_word() -> None:
    assert {kind: set(values) for kind, values in SAID.items()} == {kind: set(INSPECTION_WORDS[kind]) for kind in SAID}
    assert set(steps.ANSWERS) < set(INSPECTION_WORDS["finding_answer"])


def test_every_field_of_an_inspections_events_has_a_word() -> None:
    fields = {
        name
        for kind in catalogue().values()
        if kind.noun in ("inspection", "finding")
        for name in (*kind.open_fields, *kind.closed_fields)
    }
    assert sorted(fields - set(FIELDS)) == []


def test_every_word_of_inspections_is_there_in_english() -> None:
    folders = [ROOT / "shared/pages/translations", ROOT / "services/audit/pages/translations"]
    english = read_catalogue(folders, "en")._catalog
    words = {word.text for kind in INSPECTION_WORDS.values() for word in kind.values()} | set(INSPECTION_FIELDS.values())
    assert sorted(word for word in words if not english.get(word)) == []
