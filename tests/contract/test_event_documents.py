"""What is written of the events is what the catalogue says, and the standard's own schema accepts it."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker

from contracts.example import example_event
from contracts.shapes import EXAMPLES, examples_of
from contracts.written import COMMAND, PAGES, ROOT, documents
from shared.canonical import canonical
from shared.events import EventType, catalogue
from shared.events.envelope import read
from shared.messaging.follows import FOLLOWS
from tests.carriers import npm_package

TYPES = sorted(catalogue().values(), key=lambda kind: kind.name)
NAMES = [kind.name for kind in TYPES]
ODD = ({}, {"revision": 0}, {"type": "visit.moved.v9"}, {"more": 1}, {"subject": "somebody"})


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text("utf-8"))


def payloads(document: Any, name: str) -> Draft7Validator:
    """Checks payloads of a type as a stranger would who has the document alone."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return Draft7Validator(schema, format_checker=FormatChecker())


def test_what_is_written_of_the_events_is_what_the_catalogue_says() -> None:
    made = documents()
    stale = [str(path.relative_to(ROOT)) for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    assert stale == [], f"run `{COMMAND}` and commit what it writes"
    assert set(PAGES.glob("*.md")) <= made.keys(), f"pages of types that are no more: run `{COMMAND}`"


def test_the_schema_of_asyncapi_accepts_the_document(document: Any) -> None:
    standard = json.loads((npm_package("@asyncapi/specs") / "schemas" / "3.0.0.json").read_text("utf-8"))
    check = Draft7Validator(standard)
    assert [f"{list(fault.path)}: {fault.message}"[:300] for fault in check.iter_errors(document)] == []
    assert list(check.iter_errors({**document, "channels": {"c": {"adress": "springrain.events"}}}))


def test_the_document_names_every_type_where_it_is_told_and_followed(document: Any) -> None:
    assert document["components"]["messages"].keys() == catalogue().keys()
    for service, nouns in FOLLOWS.items():
        heard = document["operations"][f"{service}.listens"]["messages"]
        assert {ref["$ref"].split("/")[-1].split(".")[0] for ref in heard} == set(nouns)
        told = [ref["$ref"].split("/")[-1] for ref in document["operations"][f"{service}.tells"]["messages"]]
        assert told == [name for name, kind in catalogue().items() if kind.teller in (service, "any")]


def test_every_reference_in_the_document_leads_somewhere(document: Any) -> None:
    for reference in references(document):
        at = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]


def references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*map(references, part.values()))


@pytest.mark.parametrize("kind", TYPES, ids=NAMES)
def test_the_example_of_a_type_is_valid_for_us_and_for_a_stranger_with_the_document(kind: EventType, document: Any) -> None:
    (shown,) = document["components"]["messages"][kind.name]["examples"]
    event = read(canonical(shown["payload"]))
    assert kind.check_open({name: value for name, value in event.data.items() if name != "sealed"}) == []
    assert kind.check_closed(examples_of(kind.closed_fields, kind.noun)) == []
    check = payloads(document, kind.name)
    assert list(check.iter_errors(shown["payload"])) == []
    assert [odd for odd in ODD if check.is_valid({**shown["payload"], **odd})] == [{}]
    grown = {**shown["payload"], "data": {**shown["payload"]["data"], "never_heard_of": "x"}}
    assert check.is_valid(grown)


@pytest.mark.parametrize("kind", TYPES, ids=NAMES)
def test_a_stranger_with_the_document_finds_what_our_own_check_finds(kind: EventType, document: Any) -> None:
    check = payloads(document, kind.name)
    example = example_event(kind)
    for name, field in kind.open_fields.items():
        for value in (field.largest(), None, 10**10, -1, "", "？", "x" * 2_000, [], {"a": 1}, True):
            there = {**example, "data": {**example["data"], name: value}}
            assert check.is_valid(there) == field.fits(value), (name, value)
        without = {**example, "data": {key: other for key, other in example["data"].items() if key != name}}
        assert check.is_valid(without) != field.required, name


def test_what_examples_invent_is_used_by_some_field() -> None:
    names = {n for kind in TYPES for f in (*kind.open_fields, *kind.closed_fields) for n in (f, f"{kind.noun}.{f}")}
    assert EXAMPLES.keys() <= names
