"""A bundle that holds a part of the log: which entries, and which tiles prove that they stand where they say.

The tiles are the log's own; entries of a bundle that is not taken whole lie in `picked/<N>`: for each its place in the bundle
(one byte), its length (two bytes, big-endian) and its bytes. Pure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from services.audit.model.tiles import ENTRIES, GREATEST_ENTRY, HEIGHT, WIDTH, Name, edge, full_tiles, levels, name_at
from services.audit.model.wrong import Wrong

_T = TypeVar("_T", str, int)
SPAN, BRANCH, THING = "span", "branch", "thing"
_PICKED = "picked/"
_DAYS = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?", re.ASCII)
_FORMS = {
    SPAN: re.compile(r""),
    BRANCH: re.compile(r"[0-9a-f-]{36}(?:/[0-9a-f-]{36}){0,5}", re.ASCII),
    THING: re.compile(r"[0-9a-f-]{36}", re.ASCII),
}


@dataclass(frozen=True)
class Selection:
    """What was asked for, and what is there: how many entries, the first and the last of them.

    span: every entry from `first` to `last`. branch: what happened at `of` or below. thing: what names the person, household,
    pairing or visit `of`, with all that was told of each thing so found. Days are the county's; empty: from the beginning,
    to the end. `earlier`: the size of a checkpoint the bundle can be compared with, 0 for none.
    """

    kind: str
    of: str = ""
    first_day: str = ""
    last_day: str = ""
    entries: int = 0
    first: int = 0
    last: int = 0
    earlier: int = 0

    def said(self) -> dict[str, Any]:
        """As `about.json` says it."""
        days = {"from": self.first_day, "to": self.last_day}
        found = {"kind": self.kind, "of": self.of, "entries": self.entries, "first": self.first, "last": self.last, **days}
        return found | {"earlier": self.earlier}


def parse_selection(said: Mapping[str, Any]) -> Selection:
    """Read `said` back. Raises Wrong unless it is exactly of that form."""
    kind, of, first_day, last_day = (_typed(said, name, str, "") for name in ("kind", "of", "from", "to"))
    numbers = [_typed(said, name, int, -1) for name in ("entries", "first", "last", "earlier")]
    form = _FORMS.get(kind)
    if form is None or not form.fullmatch(of) or not all(map(_DAYS.fullmatch, (first_day, last_day))) or min(numbers) < 0:
        raise Wrong("about_form")
    found = Selection(kind, of, first_day, last_day, *numbers)
    if found.said() != said:
        raise Wrong("about_form")
    return found


@dataclass(frozen=True, slots=True)
class Picked:
    """Some entries of the bundle with this index: their places in it, 0-255. Empty when only the index is known yet."""

    index: int
    slots: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """Where it lies in the bundle."""
        return _PICKED + Name(ENTRIES, self.index).path.removeprefix("tile/entries/")

    @property
    def first_entry(self) -> int:
        """The first entry of the whole bundle."""
        return self.index * WIDTH


Member = Name | Picked


def members(size: int, indexes: Sequence[int], earlier: int = 0) -> Iterator[Member]:
    """The files that hold and prove these entries (ascending, each once), each after the tile that holds its hash.

    With `earlier` also the tiles from which the root at that size follows.
    """
    yield from edge(size)
    last = [-1] * levels(size)
    for index, slots in _bundles(size, indexes, earlier):
        for level in reversed(range(levels(size))):
            above = index >> HEIGHT * level
            if above < full_tiles(level, size) and above != last[level]:
                last[level] = above
                yield Name(level, above)
        whole = name_at(ENTRIES, index, size)
        if slots:
            yield whole if len(slots) == whole.width else Picked(index, slots)


def _bundles(size: int, indexes: Sequence[int], earlier: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Index of each bundle that is touched, with the places taken; the one at the earlier edge among them."""
    at = earlier // WIDTH if earlier and earlier // WIDTH * WIDTH < size else -1
    for index, entries in groupby(indexes, lambda entry: entry // WIDTH):
        if -1 < at < index:
            yield at, ()
        at = -1 if at <= index else at
        yield index, tuple(entry % WIDTH for entry in entries)
    if at > -1:
        yield at, ()


def check_order(size: int, found: Iterator[Member]) -> Iterator[Member]:
    """Pass on what is where it must be: first the edge, then by place, each below a tile that came. Raises Wrong otherwise."""
    partial: dict[int, int] = {}
    for each in edge(size):
        if (came := next(found, None)) != each:
            raise Wrong("out_of_place", came.path if came else each.path)
        partial[each.level] = each.index
        yield each
    last: dict[int, int] = {}
    for name in found:
        level, index = (name.level, name.index) if isinstance(name, Name) else (ENTRIES, name.index)
        above = level + 1 if level != ENTRIES else 0
        parent = index >> HEIGHT if level != ENTRIES else index
        right = isinstance(name, Picked) or name == (name.full if level != ENTRIES else _bundle_at(index, size))
        if not right or index <= last.get(level, -1) or parent not in (last.get(above), partial.get(above)):
            raise Wrong("out_of_place", name.path)
        last[level] = index
        yield name


def parse_picked_path(path: str) -> int:
    """The index of the bundle whose entries lie there. Raises Wrong for any other spelling."""
    digits = path.removeprefix(_PICKED).replace("x", "").replace("/", "")
    found = Picked(int(digits)) if digits.isascii() and digits.isdecimal() and len(digits) < 18 else None
    if found is None or found.path != path:
        raise Wrong("no_such_path")
    return found.index


def pack_picked(entries: Mapping[int, bytes]) -> bytes:
    """Entries of one bundle by their place in it."""
    parts = [(bytes([slot]), len(entry).to_bytes(2, "big"), entry) for slot, entry in sorted(entries.items())]
    return b"".join([piece for part in parts for piece in part])


def unpack_picked(data: bytes, width: int) -> dict[int, bytes]:
    """The entries by their place, which is below `width`. Raises Wrong at the one that is cut short or out of order."""
    found: dict[int, bytes] = {}
    at, before = 0, -1
    while at < len(data):
        slot, begin = data[at], at + 3
        end = begin + int.from_bytes(data[at + 1 : begin], "big")
        if not before < slot < width or end > len(data) or begin > len(data):
            raise Wrong("picked_form", f"byte {at}")
        found[slot], before, at = data[begin:end], slot, end
    return found


GREATEST_PICKED = WIDTH * (GREATEST_ENTRY + 3)


def _typed(said: Mapping[str, Any], name: str, kind: type[_T], other: _T) -> _T:
    value = said.get(name)
    return value if type(value) is kind else other


def _bundle_at(index: int, size: int) -> Name | None:
    return name_at(ENTRIES, index, size) if index * WIDTH < size else None
