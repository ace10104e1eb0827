"""A new version of a type is told instead of the older one only when every listener reads both, in the last release too."""

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.description import describe_all
from contracts.succession import too_early
from shared.events import Kind, catalogue
from shared.events.fields import Count, Word
from shared.events.schema import EventSchema
from tests.catalogues import another_catalogue

V1, V2 = "bench.mended.v1", "bench.mended.v2"


class BenchMended(EventSchema):
    """A bench was mended."""

    TYPE = V1
    seats = Word("one", "two", open="how many can sit")


class BenchMendedAnew(EventSchema):
    """A bench was mended, counted."""

    TYPE, SUCCEEDS = V2, V1
    seats = Count(20, open="how many can sit")


BOTH = {V1: ["audit", "scheduler"], V2: ["audit", "scheduler"]}
FEWER = {V1: ["audit", "scheduler"], V2: ["audit"]}
NONE = {V1: ["audit", "scheduler"]}


@pytest.fixture
def two_versions() -> Iterator[None]:
    with another_catalogue("registry", One=BenchMended, Two=BenchMendedAnew):
        yield


def said(readers: dict[str, list[str]], told: set[str], released: dict[str, list[str]] | None = None) -> list[str]:
    """What speaks against telling `told`, with these listeners now and in the last release."""
    types = {name: kind for name, kind in catalogue().items() if name.startswith("bench.")}
    before: Any = describe_all(types if released and V2 in released else {V1: types[V1]}, released or NONE)
    return too_early(types, readers, told, before)


@pytest.mark.usefixtures("two_versions")
def test_a_version_may_be_read_by_some_before_it_is_told() -> None:
    assert said(NONE, {V1}) == said(FEWER, {V1}) == said(BOTH, {V1}) == []


@pytest.mark.usefixtures("two_versions")
def test_a_version_is_not_told_while_a_listener_reads_the_older_one_alone() -> None:
    (now,) = said(FEWER, {V2}, BOTH)
    assert (
        now
        == "bench.mended.v2: is told, and scheduler of this release reads bench.mended.v1 alone: it would tick it off unread"
    )


@pytest.mark.usefixtures("two_versions")
def test_a_version_is_not_told_in_the_release_that_learns_to_read_it() -> None:
    faults = said(BOTH, {V2}, NONE)
    assert [fault.split(",")[1].split(" reads")[0] for fault in faults] == [
        " and audit of the last release",
        " and scheduler of the last release",
    ]
    assert len(said(BOTH, {V2}, FEWER)) == 1


@pytest.mark.usefixtures("two_versions")
def test_a_version_takes_over_once_every_listener_of_the_last_release_reads_both() -> None:
    assert said(BOTH, {V2}, BOTH) == []


@pytest.mark.usefixtures("two_versions")
def test_one_thing_is_not_told_in_two_versions() -> None:
    (fault,) = said(BOTH, {V1, V2}, BOTH)
    assert "would happen twice" in fault


@pytest.mark.usefixtures("two_versions")
def test_whoever_reads_the_newer_version_goes_on_reading_the_older_one() -> None:
    (fault,) = said({V1: ["audit"], V2: ["audit", "scheduler"]}, {V1})
    assert "scheduler reads it and not bench.mended.v1" in fault


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"SUCCEEDS": ""}, "does not succeed a type"),
        ({"SUCCEEDS": "bench.broken.v1"}, "does not succeed a type"),
        ({"SUCCEEDS": "branch.registered.v1"}, "is not an older version"),
        ({"KINDS": frozenset({Kind.RESTRICTS})}, "another teller or other kinds"),
    ],
)
def test_a_version_goes_on_with_the_chain_of_the_older_one(attributes: dict[str, Any], words: str) -> None:
    odd = type("Odd", (BenchMendedAnew,), attributes)
    with another_catalogue("registry", One=BenchMended, Two=odd):
        faults = too_early(catalogue(), BOTH, {V1}, {})
    assert any(words in fault for fault in faults)
    assert {fault.split(":")[0] for fault in faults} == {V2}
