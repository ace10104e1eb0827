"""The words of states and events: complete against the catalogue, and drawn in tones the kit knows."""

import pytest

from shared.access import Role
from shared.events import audit, catalogue, registry, scheduler
from shared.pages.event_words import EVENT_WORDS
from shared.pages.words import TONES, WORDS, joined


def test_every_word_has_a_tone_the_kit_can_draw() -> None:
    kinds = [*WORDS.values(), *EVENT_WORDS.values()]
    assert {word.tone for kind in kinds for word in kind.values()} <= set(TONES)


SAID = {
    "event": catalogue(),
    "concern": audit.CONCERNS,
    "role": Role,
    "level": registry.LEVELS,
    "band": registry.BANDS,
    "care": registry.CARE,
    "person_kind": registry.PERSON_KINDS,
    "category": (*registry.ELDER_CATEGORIES, *registry.CHILD_CATEGORIES),
    "weekday": registry.WEEKDAYS,
    "nearness": registry.NEARNESS,
    "visit_kind": scheduler.VISIT_KINDS,
    "slot": scheduler.SLOTS,
    "cause": (*scheduler.MISS_CAUSES, "moved"),
    "uncovered": scheduler.UNCOVERED,
}


@pytest.mark.parametrize("kind", SAID)
def test_what_the_events_say_has_a_word_a_clerk_understands(kind: str) -> None:
    assert set(SAID[kind]) <= set(joined(WORDS, EVENT_WORDS)[kind])
