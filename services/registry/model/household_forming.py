"""Who lives together: one household gets one visit (docs/domain.md, household).

Sure is: the same village, and a phone both gave, or the carer's name (two children of one carer; a child whose carer is
an elder of the roster). Everything weaker is listed for a person to decide and joins nobody; what was decided stays so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, pairwise

MOST_SHARING = 6  # more people on one phone than a house holds: a clerk's or a shop's number (docs/domain.md, rule 14)


class Link(StrEnum):
    """What joins two people, or only suggests it."""

    SHARED_PHONE = "shared_phone"
    SHARED_CARER = "shared_carer"
    CARER_IS_RECIPIENT = "carer_is_recipient"
    PHONE_IN_ANOTHER_VILLAGE = "phone_in_another_village"
    PHONE_OF_MANY = "phone_of_many"
    CARER_WITH_OTHER_PHONE = "carer_with_other_phone"
    GROUPS_DIFFER = "groups_differ"
    SAME_RELATIVES = "same_relatives"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Resident:
    """What is needed of a recipient. `number` is the 春雨编号; `village` and `group` as registered; `phones` are the
    recipient's own and all relatives'; `carer` the name key of who cares for them in the house, with `carer_phones`;
    `relatives` the name keys of the others."""

    number: str
    name: str
    village: str
    group: str = ""
    phones: frozenset[str] = frozenset()
    carer: str = ""
    carer_phones: frozenset[str] = frozenset()
    relatives: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FormedHousehold:
    """Members by number, in order; a person alone is a household of one. `links` say why."""

    village: str
    members: tuple[str, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsure:
    """Two people who may live together: for a person to decide."""

    one: str
    other: str
    why: Link


Decided = Mapping[tuple[str, str], bool]
NOTHING_DECIDED: Decided = {}


def form_households(
    people: Iterable[Resident], decided: Decided = NOTHING_DECIDED
) -> tuple[list[FormedHousehold], list[Unsure]]:
    """Everybody is in exactly one household. The result depends on the people and not on their order.

    `decided`: pairs of numbers, the lower first, of whom a person said whether they live together. It outranks what the roster
    suggests between these two; who both live with a third are still one household.
    """
    known = {person.number: person for person in sorted(people, key=lambda person: person.number)}
    sure, unsure = _links(list(known.values()))
    for pair, together in decided.items():
        sure.pop(pair, None)
        unsure.pop(pair, None)
        if together and known.keys() >= set(pair):
            sure[pair] = Link.DECIDED
    root = {number: number for number in known}
    for one, other in sure:
        _join(root, one, other)
    members: dict[str, list[str]] = defaultdict(list)
    for number in known:
        members[_root(root, number)].append(number)
    households = [
        FormedHousehold(known[first].village, tuple(all_of_it), _why(all_of_it, sure))
        for first, all_of_it in sorted(members.items())
    ]
    apart = {(one, other): why for (one, other), why in unsure.items() if _root(root, one) != _root(root, other)}
    return households, [Unsure(one, other, why) for (one, other), why in sorted(apart.items())]


Pairs = dict[tuple[str, str], Link]


def _links(people: Sequence[Resident]) -> tuple[Pairs, Pairs]:
    sure: Pairs = {}
    unsure: Pairs = {}
    for one, other, link in _suspected(people):
        target = sure if link in _SURE else unsure
        target.setdefault((min(one.number, other.number), max(one.number, other.number)), link)
    return sure, unsure


_SURE = frozenset({Link.SHARED_PHONE, Link.SHARED_CARER, Link.CARER_IS_RECIPIENT})


def _suspected(people: Sequence[Resident]) -> Iterator[tuple[Resident, Resident, Link]]:
    yield from _by_phone(people)
    yield from _by_carer(people)
    yield from _by_relatives(people)


def _by_phone(people: Sequence[Resident]) -> Iterator[tuple[Resident, Resident, Link]]:
    sharing: dict[str, list[Resident]] = defaultdict(list)
    for person in people:
        for phone in sorted(person.phones):
            sharing[phone].append(person)
    for group in sharing.values():
        if len(group) > MOST_SHARING:
            yield from ((group[0], person, Link.PHONE_OF_MANY) for person in group[1:])
            continue
        for one, other in combinations(group, 2):
            here = one.village and one.village == other.village
            yield one, other, Link.SHARED_PHONE if here else Link.PHONE_IN_ANOTHER_VILLAGE


def _by_carer(people: Sequence[Resident]) -> Iterator[tuple[Resident, Resident, Link]]:
    cared_for: dict[tuple[str, str], list[Resident]] = defaultdict(list)
    named: dict[tuple[str, str], list[Resident]] = defaultdict(list)
    for person in people:
        if person.carer and person.village:
            cared_for[person.village, person.carer].append(person)
        named[person.village, person.name].append(person)
    for group in cared_for.values():
        for one, other in pairwise(group):
            yield one, other, _same_carer(one, other)
    for key, children in cared_for.items():
        for carer in named.get(key, ()):
            yield from ((carer, child, _carer_is(carer, child)) for child in children if child is not carer)


def _same_carer(one: Resident, other: Resident) -> Link:
    if one.carer_phones and other.carer_phones and not one.carer_phones & other.carer_phones:
        return Link.CARER_WITH_OTHER_PHONE
    return Link.GROUPS_DIFFER if _groups_differ(one, other) else Link.SHARED_CARER


def _carer_is(carer: Resident, child: Resident) -> Link:
    return Link.GROUPS_DIFFER if _groups_differ(carer, child) else Link.CARER_IS_RECIPIENT


def _groups_differ(one: Resident, other: Resident) -> bool:
    return bool(one.group and other.group and one.group != other.group)


def _by_relatives(people: Sequence[Resident]) -> Iterator[tuple[Resident, Resident, Link]]:
    named: dict[tuple[str, str], list[Resident]] = defaultdict(list)
    for person in people:
        for name in sorted(person.relatives):
            if person.village:
                named[person.village, name].append(person)
    for group in named.values():
        yield from ((one, other, Link.SAME_RELATIVES) for one, other in pairwise(group))


def _join(root: dict[str, str], one: str, other: str) -> None:
    first, second = sorted((_root(root, one), _root(root, other)))
    root[second] = first


def _root(root: dict[str, str], number: str) -> str:
    while root[number] != number:
        root[number] = root[root[number]]
        number = root[number]
    return number


def _why(members: Sequence[str], sure: Pairs) -> tuple[Link, ...]:
    if len(members) == 1:
        return ()
    inside = set(members)
    return tuple(sorted({link for (one, other), link in sure.items() if one in inside and other in inside}))
