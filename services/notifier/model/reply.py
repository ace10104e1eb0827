"""Understands what a family answers by SMS. Pure; the words are data in `reply_words.py`.

Must never take our own words for an answer: phones quote our text when somebody taps a thumb, and our text contains
`1`, `2` and `TD`. An answer is believed only as a whole; among many words nothing is guessed, and the family is asked
again, once.
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum

from services.notifier.model.reply_words import ADVERTS, DENIED, MACHINES, QUOTES, REACTIONS, SHORT, WHOLE, WITHIN

QUOTED_RUN = 8
"""So many letters in a row out of one of our messages, and the answer is a quotation."""


class Understood(Enum):
    """What an answer says."""

    RED = "red"
    """Danger to life: the red path, at any hour."""
    WRONG_NUMBER = "wrong_number"
    """`9`: a stranger has this number. Nothing more is sent to it."""
    STOP = "stop"
    """`TD`: wants no more messages."""
    LOOK_IN = "look_in"
    """`看看`: asks that somebody goes and looks, now."""
    CAME = "came"
    """`1`"""
    NOT_CAME = "not_came"
    """`2`"""
    UNCLEAR = "unclear"
    """A person wrote, but not what was asked: ask again once (`ask_again`)."""
    NOT_AN_ANSWER = "not_an_answer"
    """A quotation, an automatic reply or an advertisement: filed, never asked about, changes nothing."""


_WORDS = {word: Understood(kind) for kind, words in WHOLE.items() for word in words}


def understand(text: str, we_said: Sequence[str] = ()) -> Understood:
    """What this answer says. `we_said`: the texts sent to that number lately, so that a quotation is known as one."""
    said = plain(text)
    rest = _without_quotation(said, we_said)
    if rest != said or _is_reaction(text, said):
        return _beside_a_quotation(rest)
    word = _WORDS.get(said)
    if word is not None:
        return word
    if any(mark in said for mark in MACHINES) or _is_advert(text):
        return Understood.NOT_AN_ANSWER
    return _within(said)


def ask_again(understood: Understood, *, question_open: bool, asked_again: bool) -> bool:
    """Whether to ask once more: only while a question is open, and only once."""
    return understood is Understood.UNCLEAR and question_open and not asked_again


def plain(text: str) -> str:
    """The letters alone: one width, small, no spaces, marks, emoji or unseen signs. `①`, `１.`, ` 1 ` are `1`."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if _stays(letter))


def _stays(letter: str) -> bool:
    return letter in "❶➀➊❷➁➋❾" or unicodedata.category(letter)[0] in "LN"


def _without_quotation(said: str, we_said: Sequence[str]) -> str:
    """What is left of an answer when every longer run of our own words is taken out."""
    for ours in map(plain, we_said):
        start = 0
        while start + QUOTED_RUN <= len(said):
            end = start + QUOTED_RUN
            if said[start:end] not in ours:
                start += 1
                continue
            while end < len(said) and said[start : end + 1] in ours:
                end += 1
            said = said[:start] + said[end:]
    return said


def _is_reaction(text: str, said: str) -> bool:
    """A tap on the message, written out by the phone: `Liked “...”`, or an emoji between U+200A and U+200B."""
    if text.startswith("\u200a") or "\u200b to " in text or re.search("\u200b\\s*[对到]", text):
        return True
    return any(mark in text for mark in QUOTES) and said.startswith(REACTIONS)


def _beside_a_quotation(rest: str) -> Understood:
    """Beside our own words only what protects somebody is heard; a stray `1` there is not a witness."""
    word = _WORDS.get(rest)
    protects = word in (Understood.RED, Understood.STOP, Understood.WRONG_NUMBER)
    return word if word is not None and protects else Understood.NOT_AN_ANSWER


def _is_advert(text: str) -> bool:
    raw = unicodedata.normalize("NFKC", text).casefold().strip()
    return raw.startswith("【") or raw.endswith("】") or any(mark in raw for mark in ADVERTS)


def _within(said: str) -> Understood:
    for kind, words in WITHIN.items():
        denied = any(word in said for word in DENIED.get(kind, ()))
        if len(said) <= SHORT[kind] and not denied and any(word in said for word in words):
            return Understood(kind)
    return Understood.UNCLEAR
