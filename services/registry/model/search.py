"""What a person can be found by: name, pinyin, initials, phone, ID number, each as (kind, normal form). Pure.

The forms are only ever stored as keyed hashes; what somebody typed is turned into the same forms and hashed as well.
"""

import re
from collections.abc import Mapping
from typing import Any

from pypinyin import lazy_pinyin

from services.registry.model.id_number import IdNumber
from services.registry.model.phone import PhoneNumber
from services.registry.model.text import folded, name_key
from shared.errors import Refused

Form = tuple[str, str]
NUMBER = re.compile(r"[0-9]{6,12}-[A-Z]?[0-9]{6}")
_LATIN = re.compile(r"[a-z]+")


def forms_of(content: Mapping[str, Any]) -> list[Form]:
    """All forms of a person's content."""
    name = name_key(content["name"])
    syllables = lazy_pinyin(name)
    forms = [("name", name), ("pinyin", "".join(syllables)), ("initials", "".join(word[:1] for word in syllables))]
    forms += [("phone", phone) for phone in content.get("phones", ())]
    if "id_number" in content:
        forms.append(("id", content["id_number"]))
    return [form for form in forms if form[1]]


def number_in(text: str) -> str:
    """The 春雨编号 somebody typed, or ""."""
    found = folded(text).upper()
    return found if NUMBER.fullmatch(found) else ""


def forms_asked(text: str) -> list[Form]:
    """The forms that what was typed may mean: a phone, an ID number, pinyin or its initials, else a name."""
    words = folded(text).lower()
    if _LATIN.fullmatch(words):
        return [("pinyin", words), ("initials", words)]
    if words[:1].isdigit() or words[:1] == "+":
        return _digits(text)
    return [("name", name_key(text))] if words else []


def _digits(text: str) -> list[Form]:
    for kind, read in (("phone", PhoneNumber.read), ("id", IdNumber.read)):
        try:
            return [(kind, str(read(text)))]
        except Refused:
            continue
    return []
