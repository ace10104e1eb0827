"""The texts families get, as data: name -> version -> language -> text to a fresh number, text to any other.

A version that was ever sent stays for ever: what was sent is put together again from template, version and parameters.
Every text begins 【春雨】 and names the office's phone; there is no link, no word of money or codes, and to an unproven
number no name and no hour (docs/domain.md, rules 10 and 11). The demo's families know the kinds by their words.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """`named` goes to a fresh number, `plain` to any other. Fields in braces are parameters, see `text.py`."""

    named: str
    plain: str


def _same(text: str) -> Text:
    return Text(text, text)


Template = Mapping[int, Mapping[str, Text]]

TEMPLATES: Mapping[str, Template] = {
    "greeting": {
        1: {
            "zh-CN": _same("【春雨】{place}关爱办：有志愿者看望您老家的家人。是家属回1，错了回9，不收回TD。电话{office}"),
            "en": _same(
                "【春雨】Hello, this is the care office of {place}. Volunteers visit your family at home. "
                "Please reply 1: you are family, 9: wrong number, TD: no messages. Call us: {office}"
            ),
        }
    },
    "greeting_again": {
        1: {
            "zh-CN": _same("【春雨】没有看懂您的回复。请只回一个数字：是家属回1，号码错了回9。办公室：{office}"),
            "en": _same(
                "【春雨】We did not understand. Please answer with one digit only: 1 family, 9 wrong number. Office: {office}"
            ),
        }
    },
    "question": {
        1: {
            "zh-CN": _same("【春雨】{day}有志愿者到家里看望吗？来了回1，没来回2。您说的只有乡镇知道。办公室：{office}"),
            "en": _same(
                "【春雨】Did a volunteer come to your home on {day}? Reply 1 if yes, 2 if nobody came. "
                "Only the township sees your answer. Office: {office}"
            ),
        }
    },
    "question_again": {
        1: {
            "zh-CN": _same("【春雨】没有看懂您的回复。请只回一个数字：有人来回1，没人来回2。办公室：{office}"),
            "en": _same(
                "【春雨】We did not understand. One digit only, please: 1 somebody came, 2 nobody came. Office: {office}"
            ),
        }
    },
    "missed": {
        1: {
            "zh-CN": Text(
                "【春雨】{names}家{day}的看望没有成行（{why}）。{next}您想让人去看看，请回：看看。办公室：{office}",
                "【春雨】老家最近一次看望没有成行，我们会另外安排。您想让人去看看，请回：看看。办公室：{office}",
            ),
            "en": Text(
                "【春雨】The visit to {names} on {day} did not take place ({why}). {next}"
                "To have somebody look in, reply: 看看. Office: {office}",
                "【春雨】The last visit at home did not take place; we are planning another. "
                "To have somebody look in, reply: 看看. Office: {office}",
            ),
        }
    },
    "weekly": {
        1: {
            "zh-CN": Text(
                "【春雨】这一周，{names}家{visits}。家里有人惦记着，您在外也照顾好自己。想让人去看看，请回：看看。办公室：{office}",
                "【春雨】这一周，老家{visits}。您在外也照顾好自己。想让人去看看，请回：看看。办公室：{office}",
            ),
            "en": Text(
                "【春雨】this week at home with {names}: {visits}. Take care of yourself too. "
                "To have somebody look in, reply: 看看. Office: {office}",
                "【春雨】this week at home: {visits}. Take care of yourself too. "
                "To have somebody look in, reply: 看看. Office: {office}",
            ),
        }
    },
    "look_in_promised": {
        1: {
            "zh-CN": Text(
                "【春雨】收到，马上安排人去{names}家看看，最晚{until}前给您回话。办公室：{office}",
                "【春雨】收到，马上安排人去看看，看过就给您回话。办公室：{office}",
            ),
            "en": Text(
                "【春雨】We are sending somebody to {names}. You will hear from us by {until}. Office: {office}",
                "【春雨】We are sending somebody. You will hear from us. Office: {office}",
            ),
        }
    },
    "look_in_told": {
        1: {
            "zh-CN": Text(
                "【春雨】您托我们看看{names}：刚去过了，{well}。有事随时给我们打电话：{office}",
                "【春雨】您托我们去看看，刚去过了。具体情况请给办公室打电话：{office}",
            ),
            "en": Text(
                "【春雨】You asked us to look in on {names}: somebody was just there; {well}. Call us any time: {office}",
                "【春雨】You asked us to look in: somebody was just there. Please call the office: {office}",
            ),
        }
    },
    "look_in_late": {
        1: {
            "zh-CN": Text(
                "【春雨】对不起，还没有人去到{names}家，已换人去，看过就给您回话。办公室：{office}",
                "【春雨】对不起，还没有人去看，已换人去，看过就给您回话。办公室：{office}",
            ),
            "en": Text(
                "【春雨】We are sorry: nobody has reached {names} yet. Somebody else is going. Office: {office}",
                "【春雨】We are sorry: nobody has been there yet. Somebody else is going. Office: {office}",
            ),
        }
    },
    "alarm": {
        1: {
            "zh-CN": Text(
                "【春雨】急：{names}家里可能出了急事，村里已在赶去。请马上打电话回家，也可打办公室：{office}",
                "【春雨】急：您老家可能出了急事，村里已在赶去。请马上打电话回家，也可打办公室：{office}",
            ),
            "en": Text(
                "【春雨】Urgent: something may have happened to {names}. The village is going. Call home now, or us: {office}",
                "【春雨】Urgent: something may have happened at home. The village is going. Call home now, or us: {office}",
            ),
        }
    },
    "alarm_heard": {
        1: {
            "zh-CN": _same("【春雨】收到您的求助，村里马上去人。人有危险请立即拨打120或110。办公室：{office}"),
            "en": _same(
                "【春雨】We heard you; the village is on its way. If life is in danger call 120 or 110. Office: {office}"
            ),
        }
    },
}
WORDS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "zh-CN": {
        "why": {"no_show": "没有人到", "cannot": "志愿者临时有事", "weather": "天气原因", "away": "家里当时没人"},
        "well": {"well": "一切都好", "so_so": "精神一般", "unwell": "身体有些不舒服，村里会跟进", "": "人见到了"},
    },
    "en": {
        "why": {"no_show": "nobody came", "cannot": "the volunteer could not", "weather": "weather", "away": "nobody was in"},
        "well": {
            "well": "all is well",
            "so_so": "so-so",
            "unwell": "not quite well, the village follows it up",
            "": "they were seen",
        },
    },
}


def newest(name: str) -> int:
    """The version new messages of this template are made with."""
    return max(TEMPLATES[name])
