"""What a change of the catalogue breaks, in plain words. Pure: two descriptions in, sentences out; none means nothing breaks.

The rule behind every line: old and new run side by side, in both roles. A listener checks the open fields of what it handles
(`check_open_leniently`): it passes over names it does not know, and is strict in everything it does know. So
- a new optional field breaks nobody, and nothing else may be added to a type;
- a bound or a set of words may change in neither direction: narrower, and the new listener parks what was told before (and
  what the log and a restored outbox tell again); wider, and the old listener parks what the new teller says.
Sealed fields are checked by the teller alone. Room may grow there; words may not, since handlers look them up by name.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Doc = Mapping[str, Any]


def broken(before: Doc, now: Doc) -> list[str]:
    """What in `now` breaks those who rely on `before`; a sentence for each, beginning with the type."""
    return [f"{name}: {why}" for name in sorted(before) for why in _type(before[name], now.get(name))]


def _type(before: Doc, now: Doc | None) -> Iterator[str]:
    if now is None:
        yield "the type was taken out; the log holds it for ever"
        return
    if before["teller"] != now["teller"]:
        yield f"the teller changed from {before['teller']} to {now['teller']}; listeners park what its owner did not tell"
    if before["kinds"] != now["kinds"]:
        yield f"its kinds changed from {_listed(before['kinds'])} to {_listed(now['kinds'])}"
    for name, field in before["fields"].items():
        yield from (f"{name}: {why}" for why in _field(field, now["fields"].get(name)))
    for name, field in now["fields"].items():
        if name not in before["fields"] and field["required"]:
            yield f"{name}: a new field that must be there; what was told before lacks it"


def _field(before: Doc, now: Doc | None) -> Iterator[str]:
    if now is None:
        yield "the field was taken out"
        return
    if before["open"] != now["open"]:
        yield "was open and is sealed now" if before["open"] else "was sealed and is open now"
    if before["required"] != now["required"]:
        yield "had to be there and may be left out now" if before["required"] else "could be left out and must be there now"
    yield from _value(before, now, may_widen=not now["open"])


def _value(before: Doc, now: Doc, *, may_widen: bool) -> Iterator[str]:
    if before["kind"] != now["kind"]:
        yield f"was {before['kind']} and is {now['kind']} now"
        return
    if "words" in before:
        yield from _words(set(before["words"]), set(now["words"]))
    for bound, towards in (("least", -1), ("most", 1)):
        if bound in before:
            yield from _bound(bound, before[bound], now[bound], towards, may_widen)
    if "of" in before:
        yield from _value(before["of"], now["of"], may_widen=may_widen)


def _words(before: set[str], now: set[str]) -> Iterator[str]:
    if gone := before - now:
        yield f"no longer takes {_listed(gone)}; what was told before says so"
    if added := now - before:
        yield f"takes {_listed(added)} too; a listener of the last release does not know it"


def _bound(bound: str, before: int, now: int, towards: int, may_widen: bool) -> Iterator[str]:
    if (now - before) * towards < 0:
        yield f"{bound} narrowed from {before} to {now}; what was told before does not fit"
    elif now != before and not may_widen:
        yield f"{bound} widened from {before} to {now}; a listener of the last release parks what is beyond"


def _listed(words: Any) -> str:
    return ", ".join(sorted(words)) or "none"
