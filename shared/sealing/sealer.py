"""What the services seal and open with: the form, the keys and the county put together.

Opening is not a look by itself; whoever shows the content to somebody tells the look (docs/design.md, section 5).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.canonical import canonical
from shared.sealing.cache import ERASED, LOST, Answer, Erasure
from shared.sealing.errors import KeyLost
from shared.sealing.format import Place, open_sealed, raw_of, seal
from shared.sealing.keys import Keys


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value and where it stands: under whose key, `event` or collection, event or document id."""

    under: str
    place: str
    place_id: str
    value: str


class Sealer:
    """Seals and opens for one county. Safe for several threads."""

    def __init__(self, keys: Keys, county_id: str, suite: int = 1) -> None:
        self._keys, self._county, self._suite = keys, county_id, suite

    def seal(self, under: str, place: str, place_id: str, content: Mapping[str, Any]) -> str:
        """Seal one object under a person's (or hidden record's) key, which must have been made before.

        Raises Erased or KeyLost, and Malformed for what canonical JSON cannot hold (null, fractions).
        """
        return seal(self._keys.need(under), Place(self._county, place, place_id), content, number=self._suite)

    def mark(self, under: str, place: str, word: str) -> str:
        """A digest of a word that only this person's key gives, the same each time; with the key goes what it could show.

        For ids worked out from what must stand in no event. Raises Erased or KeyLost.
        """
        derived = self._keys.need(under).derived(self._suite)
        return derived.commit(canonical(["mark", self._county, under, place, word])).hex()

    def open(self, under: str, place: str, place_id: str, value: str) -> dict[str, Any] | Erasure:
        """What was sealed there, or ERASED. Raises KeyLost, UnreadableSuite, SealBroken."""
        return self.open_many([Sealed(under, place, place_id, value)])[0]

    def open_many(self, items: Iterable[Sealed]) -> list[dict[str, Any] | Erasure]:
        """`open` for many, in their order, asking the key store once. Raises for the first that cannot be opened."""
        listed = list(items)
        for item in listed:
            raw_of(item.value)
        states = self._keys.states(item.under for item in listed)
        return [self._open(item, states[item.under]) for item in listed]

    def have_ready(self, persons: Iterable[str]) -> None:
        """Fetch these keys in one go, before a batch seals or opens one by one."""
        self._keys.states(persons)

    def _open(self, item: Sealed, state: Answer) -> dict[str, Any] | Erasure:
        if state is ERASED:
            return ERASED
        if state is LOST:
            raise KeyLost(item.under)
        return open_sealed(state, Place(self._county, item.place, item.place_id), item.value)
