"""The kinds of field an event may have. Each bounds its value, says whether it stands open, and compiles to one test.

`open="why"` marks a field that anybody who reads the log may see: ids, kinds, states, times, bands, counts, outcomes of
rules. A field without it speaks of a person and is sealed. A test prints the list of open fields.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields

from shared.clock import from_wire
from shared.ids import ID

Env = dict[str, Any]
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/|-]*")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


class EventField(fields.Field[Any]):
    """A bounded field. Present unless `optional`; there is no null and no default in an event."""

    def __init__(self, *, open: str = "", optional: bool = False) -> None:
        super().__init__(required=not optional, allow_none=False)
        self.open = open

    def fits(self, value: Any) -> bool:
        """Whether the value is one of this kind and within its bounds."""
        raise TypeError("a kind of field says what fits it")

    def largest(self) -> Any:
        """A value of the greatest size in bytes, for the test that no event outgrows its bound."""
        raise TypeError("a kind of field knows its largest value")

    def expression(self, env: Env) -> str:
        """Python source of a test of `v`; `env` takes the names the source needs. Equal to `fits`."""
        name = f"fits_{len(env)}"
        env[name] = self.fits
        return f"{name}(v)"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not self.fits(value):
            raise ValidationError("not_valid")
        return value


class _Matched(EventField):
    """Text that matches a pattern from end to end, up to a greatest length."""

    pattern: re.Pattern[str]
    most = 36

    def fits(self, value: Any) -> bool:
        return type(value) is str and len(value) <= self.most and self.pattern.fullmatch(value) is not None

    def expression(self, env: Env) -> str:
        name = f"match_{len(env)}"
        env[name] = self.pattern.fullmatch
        return f"(type(v) is str and len(v) <= {self.most} and {name}(v) is not None)"

    def largest(self) -> Any:
        return "a" * self.most


class Id(_Matched):
    """The id of a thing or a person: a UUID in lower case."""

    pattern = ID


class Code(_Matched):
    """A short machine word: a number of ours, a template's name, a version, an administrative code."""

    pattern = CODE

    def __init__(self, most: int = 40, *, open: str = "", optional: bool = False) -> None:
        super().__init__(open=open, optional=optional)
        self.most = most


class Text(EventField):
    """People's text in NFC without control or direction characters, at most `most` characters."""

    def __init__(self, most: int, *, open: str = "", optional: bool = False) -> None:
        super().__init__(open=open, optional=optional)
        self.most = most

    def fits(self, value: Any) -> bool:
        return (
            type(value) is str
            and 0 < len(value) <= self.most
            and CONTROL.search(value) is None
            and unicodedata.is_normalized("NFC", value)
        )

    def largest(self) -> Any:
        return "\U00020000" * self.most


class Word(EventField):
    """One of a fixed set of words."""

    def __init__(self, *words: str, open: str = "", optional: bool = False) -> None:
        super().__init__(open=open, optional=optional)
        self.words = frozenset(words)

    def fits(self, value: Any) -> bool:
        return type(value) is str and value in self.words

    def expression(self, env: Env) -> str:
        name = f"words_{len(env)}"
        env[name] = self.words
        return f"(type(v) is str and v in {name})"

    def largest(self) -> Any:
        return max(self.words, key=len)


class Count(EventField):
    """A whole number from `least` to `most`; money is a Count of fen."""

    def __init__(self, most: int = 10**9, *, least: int = 0, open: str = "", optional: bool = False) -> None:
        super().__init__(open=open, optional=optional)
        self.least, self.most = least, most

    def fits(self, value: Any) -> bool:
        return type(value) is int and self.least <= value <= self.most

    def expression(self, env: Env) -> str:
        return f"(type(v) is int and {self.least} <= v <= {self.most})"

    def largest(self) -> Any:
        return self.most


class Flag(EventField):
    """Yes or no."""

    def fits(self, value: Any) -> bool:
        return type(value) is bool

    def expression(self, env: Env) -> str:
        return "(type(v) is bool)"

    def largest(self) -> Any:
        return False


class Day(EventField):
    """A calendar day of the county, `YYYY-MM-DD`, that exists."""

    def fits(self, value: Any) -> bool:
        return type(value) is str and DAY.fullmatch(value) is not None and _readable(date.fromisoformat, value)

    def largest(self) -> Any:
        return "2026-12-31"


class Instant(EventField):
    """An instant in UTC, `YYYY-MM-DDTHH:MM:SSZ`, that exists."""

    def fits(self, value: Any) -> bool:
        return type(value) is str and len(value) == 20 and _readable(from_wire, value)

    def largest(self) -> Any:
        return "2026-12-31T23:59:59Z"


class ListOf(EventField):
    """Up to `most` values of one kind."""

    def __init__(self, inner: EventField, most: int, *, open: str = "", optional: bool = False) -> None:
        super().__init__(open=open, optional=optional)
        self.inner, self.most = inner, most

    def fits(self, value: Any) -> bool:
        return type(value) is list and len(value) <= self.most and all(map(self.inner.fits, value))

    def expression(self, env: Env) -> str:
        return f"(type(v) is list and len(v) <= {self.most} and all({self.inner.expression(env)} for v in v))"

    def largest(self) -> Any:
        return [self.inner.largest()] * self.most


def _readable(read: Callable[[str], Any], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True
