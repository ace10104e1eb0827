"""The contract of events: canonical bytes, the envelope, the catalogue and its compiled checks."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.canonical import canonical, parse
from shared.errors import Malformed
from shared.events import EventType, Kind, catalogue
from shared.events.envelope import GREATEST_BODY, make, read
from shared.ids import new_id

TYPES = sorted(catalogue().values(), key=lambda kind: kind.name)
NAMES = [kind.name for kind in TYPES]
KEYS = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)
LEAVES = st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_our_canonical_bytes_are_those_of_rfc_8785(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)
    assert parse(canonical(value)) == value


NOT_OURS = (
    *(b'{"a":1,"a":2}', b'{"a":1.0}', b'{"a":null}', b'{"a":NaN}', b'{"a":1e400}', b'{"a":9007199254740992}'),
    *(b'{"a":' + b"9" * 400 + b"}", b"\xff", b"[" * 100_000, b'\xef\xbb\xbf{"a":1}', b""),
)


@pytest.mark.parametrize("body", NOT_OURS, ids=lambda body: repr(body[:20]))
def test_json_that_is_not_ours_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body)


def event(**changed: Any) -> Any:
    parts: dict[str, Any] = {
        "id": new_id(),
        "source": f"/springrain/{new_id()}/registry",
        "type": "branch.registered.v1",
        "subject": new_id(),
        "time": "2026-09-01T01:00:00Z",
        "branch": new_id(),
        "actor": "system:registry",
        "revision": 1,
        "data": {"level": "village", "code": "360124103201", "name": "新坪村"},
    }
    return make(**{**parts, **changed})


def test_an_event_is_read_back_from_its_own_bytes() -> None:
    told = event()
    assert read(told.body) == told


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "0190f1b2-0000-4000-8000-000000000000"},
        {"source": "/elsewhere"},
        {"type": "branch.registered"},
        {"time": "2026-02-30T00:00:00Z"},
        {"time": "2026-09-01T24:00:00Z"},
        {"time": "2026-09-01T01:00:00"},
        {"revision": 0},
        {"revision": 2**31},
        {"revision": True},
        {"branch": ""},
        {"actor": "somebody"},
        {"data": {"Level": "village"}},
        {"data": {"a": 2**53}},
        {"data": {"a": 1.5}},
        {"data": {"a": "x" * GREATEST_BODY}},
    ],
    ids=str,
)
def test_an_envelope_that_breaks_the_contract_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        event(**changed)


@pytest.mark.parametrize("more", [{"extra": "x"}, {"specversion": "1.1"}, {"datacontenttype": "text/plain"}])
def test_nothing_else_stands_in_the_envelope(more: dict[str, str]) -> None:
    body = canonical({**json.loads(event().body), **more})
    with pytest.raises(Malformed):
        read(body)


@pytest.mark.parametrize("kind", TYPES, ids=NAMES)
def test_the_largest_event_of_each_type_can_be_sent(kind: EventType) -> None:
    opened = {name: field.largest() for name, field in kind.open_fields.items()}
    closed = len(canonical({name: field.largest() for name, field in kind.closed_fields.items()}))
    sealed = [{"under": new_id(), "value": "A" * ((closed + 64 + 128) * 4 // 3)}] if kind.closed_fields else []
    told = event(type=kind.name, data={**opened, "sealed": sealed}, branch="/".join([new_id()] * 4))
    assert len(told.body) <= GREATEST_BODY


@pytest.mark.parametrize("kind", TYPES, ids=NAMES)
@given(st.data())
def test_the_compiled_check_agrees_with_marshmallow(kind: EventType, data: st.DataObject) -> None:
    value = {name: data.draw(_value(field), label=name) for name, field in kind.open_fields.items()}
    if value and data.draw(st.booleans()):
        value.pop(data.draw(st.sampled_from(sorted(value))))
    if data.draw(st.booleans()):
        value["never_heard_of"] = 1
    schema = kind.schema(only=tuple(kind.open_fields))
    try:
        schema.load(value)
        expected: set[str] = set()
    except ValidationError as error:
        expected = set(error.normalized_messages())
    assert {fault.field for fault in kind.check_open(value)} == expected


def _value(field: Any) -> st.SearchStrategy[Any]:
    """Mostly what fits, sometimes anything."""
    return st.one_of(st.just(field.largest()), st.none(), st.integers(), st.booleans(), st.text(max_size=50), st.just([{}]))


def test_unknown_fields_of_a_known_version_are_passed_over_by_listeners() -> None:
    kind = catalogue()["branch.registered.v1"]
    data = {"level": "village", "code": "1", "name": "新坪村", "since": "2026"}
    assert kind.check_open_leniently(data) == []
    assert [fault.field for fault in kind.check_open(data)] == ["since"]


@pytest.mark.parametrize("kind", TYPES, ids=NAMES)
def test_every_type_says_what_happened_and_is_named_by_noun_past_tense_and_version(kind: EventType) -> None:
    assert kind.schema.__doc__
    noun, past, version = kind.name.split(".")
    assert noun and past and version.startswith("v")
    assert not (kind.is_(Kind.HIDDEN) and set(kind.open_fields) - {"cause"})


def test_no_open_field_speaks_of_a_person() -> None:
    open_names = {name for kind in TYPES for name in kind.open_fields}
    personal = {"phones", "birth", "sex", "categories", "note", "text", "words", "wish", "workplace", "employer", "place"}
    assert not open_names & personal
    assert "name" not in {n for k in TYPES if k.noun != "branch" for n in k.open_fields}
