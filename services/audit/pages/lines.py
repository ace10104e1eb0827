"""Entries as lines a person reads: what happened, where, by whom, each with the way to its proof."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext  # type: ignore[import-untyped]

from services.audit.pages.words import AUDIT_WORDS, FIELDS, as_list, kind_of
from services.audit.queries import LogQueries, data_of
from services.audit.unsealing import Part
from shared.pages.event_words import EVENT_WORDS
from shared.pages.words import WORDS, joined, look_up

Doc = dict[str, Any]


class Lines:
    """Makes lines of entries; asks for the names of all their places at once."""

    def __init__(self, queries: LogQueries) -> None:
        self._queries = queries
        self._words = joined(WORDS, EVENT_WORDS, AUDIT_WORDS)

    def of(self, rows: Sequence[Doc], numbered: bool = True) -> list[Doc]:
        """Lines for the kit's timeline. `numbered`: with each entry's number in the log."""
        places = self._queries.places(row.get("branch", "") for row in rows)
        return [self._line(row, places, numbered) for row in rows]

    def word(self, kind: str, value: str) -> str:
        """A value in the reader's language."""
        return str(gettext(look_up(self._words, kind, value).text))

    def what(self, row: Doc) -> str:
        """What an entry says happened."""
        return self.word("event", row["type"]) if "event" in row else str(gettext("不是本系统的事件，按原样保存"))

    def data(self, row: Doc) -> list[tuple[str, str]]:
        """An event's open fields, in words."""
        noun = row.get("type", "").split(".")[0]
        pairs = {name: value for name, value in data_of(row).items() if name != "sealed"}
        return self._in_words(noun, pairs)

    def fields(self, row: Doc, part: Part) -> list[tuple[str, str]]:
        """The fields of a sealed part that was opened, in words."""
        return self._in_words(row.get("type", "").split(".")[0], part.fields)

    def _in_words(self, noun: str, pairs: Doc) -> list[tuple[str, str]]:
        numbers = self._queries.numbers(str(each) for value in pairs.values() for each in as_list(value))
        return [
            (str(gettext(FIELDS.get(name, name))), self._value(noun, name, value, numbers)) for name, value in pairs.items()
        ]

    def who(self, row: Doc) -> str:
        """Who did it: a service by itself, or an account by the end of its random id."""
        actor = row.get("actor", "")
        if actor.startswith("system:"):
            return str(gettext("系统自动（%(service)s）", service=self.word("service", actor.removeprefix("system:"))))
        return str(gettext("账号 …%(end)s", end=actor[-6:])) if actor else ""

    def _line(self, row: Doc, places: dict[str, str], numbered: bool) -> Doc:
        told = [self.who(row)]
        if numbered:
            told.insert(0, str(gettext("第 %(index)s 条", index=row["_id"])))
        if odd := row.get("odd"):
            told.append(self.word("odd", odd))
        line = {"at": row.get("time"), "what": self.what(row), "who": " · ".join(filter(None, told))}
        detail = " · ".join(filter(None, (places.get(row.get("branch", ""), ""), self._kind(row))))
        return {**line, "detail": detail, "prove": f"/pages/audit/entries/{row['_id']}"}

    def _kind(self, row: Doc) -> str:
        """What kind of visit or concern an entry speaks of; nothing for others."""
        noun = row.get("type", "").split(".")[0]
        kind = data_of(row).get("kind", "") if noun in ("visit", "concern") else ""
        return self.word(kind_of(noun, "kind"), kind) if isinstance(kind, str) and kind else ""

    def _value(self, noun: str, name: str, value: Any, numbers: Mapping[str, tuple[str, str]]) -> str:
        kind = kind_of(noun, name)
        said = (numbers[str(each)][0] if str(each) in numbers else self._said(kind, each) for each in as_list(value))
        return "、".join(said) or str(gettext("无"))

    def _said(self, kind: str, value: Any) -> str:
        if isinstance(value, bool):
            return str(gettext("是")) if value else str(gettext("否"))
        return self.word(kind, value) if kind and isinstance(value, str) else str(value)


def chosen(words: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Choices of a select, with "all" before them."""
    return [("", str(gettext("全部"))), *words]
