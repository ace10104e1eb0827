"""How the text of a cell is cleaned before anything is read from it.

Nothing here changes what is shown back to the clerk: faults show the cell as sent. Never guesses a character: it only
removes what cannot be seen (docs/faults.md).
"""

import re
import unicodedata

_SPACES = re.compile(r"[\s\u3000]+")
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DOTS = re.compile("[•‧∙・･·]")
_HAN_GAP = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")
_TOUCH = re.compile(r"^[' ]|[^\S ]|  | $|" + _INVISIBLE.pattern)
_NOTHING = frozenset({"无", "没有", "暂无", "不详", "未知", "空", "-", "--", "—", "——", "/", "\\", "n/a", "null"})
_LONGEST_NOTHING = 6


def clean(text: str) -> str:
    """NFC, one space for any white space, nothing invisible, no apostrophe in front. Running it twice changes nothing."""
    if not _TOUCH.search(text) and unicodedata.is_normalized("NFC", text):
        return text  # nearly every cell: five times as fast
    seen = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return _SPACES.sub(" ", seen).lstrip(" '").rstrip()


def folded(text: str) -> str:
    """For reading numbers and comparing words: full width becomes half width, and no white space is left."""
    wide = clean(text)
    if wide.isascii():
        return wide.replace(" ", "")
    narrow = _SPACES.sub("", unicodedata.normalize("NFKC", wide)).lstrip("'")
    return unicodedata.normalize("NFKC", narrow)  # a mark that stood behind a space may now join what is before it


def is_nothing(text: str) -> bool:
    """Empty, or one of the words clerks write for empty (无, 不详, a dash)."""
    return not text or (len(text) <= _LONGEST_NOTHING and folded(text).lower() in _NOTHING)


def name_as_written(text: str) -> str:
    """A name to store: gaps between Chinese characters closed (`段 海燕`), one kind of middle dot."""
    return _HAN_GAP.sub("", _DOTS.sub("·", clean(text)))


def name_key(text: str) -> str:
    """A name to compare with: two spellings of one name that differ only in what is not seen are equal."""
    return _DOTS.sub("", folded(text)).casefold()
