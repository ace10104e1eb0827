"""The rule tables of concerns agree with the catalogue, with what the service follows, and with its words."""

from services.audit.handlers import Watch
from services.audit.model.concern import CLOSES, LEVELS, OPENS, RULES, WORDS, acting, fits
from services.audit.pages.words import AUDIT_WORDS
from shared.events import Kind, catalogue
from shared.events.audit import CONCERNS
from shared.messaging.follows import FOLLOWS

BESIDE = ("subject", "source", "")
"""What every event says beside its data, and nothing at all."""


def test_every_kind_of_concern_has_a_rule_and_a_level_that_acts() -> None:
    assert set(RULES) == set(CONCERNS)
    assert all(rule.levels and set(rule.levels) <= set(LEVELS) for rule in RULES.values())


def test_rules_speak_of_fields_their_events_have_and_that_stand_open() -> None:
    for rule in OPENS:
        opened = {*catalogue()[rule.type].open_fields, *BESIDE}
        assert {rule.about, *rule.per, *rule.shown, *rule.when, *rule.unless} <= opened, rule
    for closing in CLOSES:
        said = {closing.about, closing.at, *closing.when, *closing.per}
        assert said <= {*catalogue()[closing.type].open_fields, *BESIDE}, closing
    assert {rule.kind for rule in OPENS} | {kind for closing in CLOSES for kind in closing.kinds} <= set(RULES)


def test_no_rule_of_the_table_touches_a_hidden_event() -> None:
    assert not [rule for rule in (*OPENS, *CLOSES) if catalogue()[rule.type].is_(Kind.HIDDEN)]


def test_what_is_handled_is_followed() -> None:
    handled = Watch(None, None, None).handlers()  # type: ignore[arg-type]
    assert {type_.split(".")[0] for type_ in handled} <= set(FOLLOWS["audit"])


def test_each_word_to_close_with_has_a_text() -> None:
    assert set(WORDS) <= set(AUDIT_WORDS["closing"])


def test_who_must_act_lies_at_or_above_where_it_happened() -> None:
    assert [acting("c/t/v", level) for level in ("county", "township", "village")] == ["c", "c/t", "c/t/v"]
    assert acting("c", "village") == "c"


def test_a_condition_holds_only_when_all_of_it_is_said() -> None:
    assert fits({"kind": "care"}, {})
    assert not fits({"kind": "care"}, {"kind": "look_in"})
    assert not fits({"kind": "look_in"}, {}, {"kind": "look_in"})
    assert fits({}, {}, {"kind": "look_in"})
