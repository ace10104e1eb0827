"""The texts: what each begins with and names, what none may hold, and that the demo's families know their kinds."""

import re

import pytest

from deploy.local.carrier.behaviour import kind_of
from services.notifier.model.reply import Understood, understand
from services.notifier.model.sms import split
from services.notifier.model.templates import TEMPLATES, WORDS
from services.notifier.model.text import SAMPLE, render

EVERY = [
    (name, version, language, named)
    for name, versions in TEMPLATES.items()
    for version, languages in versions.items()
    for language in languages
    for named in (True, False)
]


def text(name: str, *, named: bool = True, language: str = "zh-CN", **more: object) -> str:
    return render(name, 1, language, {**SAMPLE, **more}, named=named)


@pytest.mark.parametrize(("name", "version", "language", "named"), EVERY)
def test_every_text_looks_like_us_and_never_like_fraud(name: str, version: int, language: str, named: bool) -> None:
    shown = render(name, version, language, SAMPLE, named=named)
    assert shown.startswith("【春雨】") and SAMPLE["office"] in shown
    assert not re.search(r"https?:|www\.|元|钱|款|验证码|银行|账户|money|code|[{}]", shown)
    assert len(split(shown).pieces) <= 3


@pytest.mark.parametrize(("name", "version", "language", "named"), [one for one in EVERY if not one[3]])
def test_an_unproven_number_gets_no_name_and_no_hour(name: str, version: int, language: str, named: bool) -> None:
    shown = render(name, version, language, SAMPLE, named=False)
    assert "王秀英" not in shown and not re.search(r"\d\d:\d\d", shown)


def test_both_languages_have_every_text_and_every_word() -> None:
    assert all(set(languages) == {"zh-CN", "en"} for versions in TEMPLATES.values() for languages in versions.values())
    assert all(set(WORDS["zh-CN"][kind]) == set(WORDS["en"][kind]) for kind in WORDS["zh-CN"])


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_demos_families_know_each_kind_by_its_words(language: str) -> None:
    kinds = {name: kind_of(text(name, language=language)) for name in TEMPLATES}
    expected = {"greeting": "greeting", "question": "question", "weekly": "weekly"}
    assert {name: kinds[name] for name in expected} == expected
    if language == "zh-CN":
        assert kinds["question_again"] == kinds["greeting_again"] == "again"
    assert {kinds[name] for name in ("missed", "look_in_promised", "look_in_told", "look_in_late", "alarm")} == {"other"}


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_our_own_text_quoted_back_is_no_answer(name: str) -> None:
    ours = text(name)
    assert understand(f"赞了“{ours}”", [ours]) is Understood.NOT_AN_ANSWER


def test_a_message_without_anybody_left_to_name_names_nobody() -> None:
    assert text("missed", names=()) == text("missed", named=False)


def test_many_people_are_named_shortly() -> None:
    assert "甲、乙、丙、丁等家" in text("weekly", names=("甲", "乙", "丙", "丁", "戊"))


def test_a_week_without_a_visit_is_said_as_it_is() -> None:
    assert "没有安排上门看望" in text("weekly", visits=0) and "来看望过2次" in text("weekly")


def test_a_miss_names_its_cause_and_the_new_day() -> None:
    assert "志愿者临时有事" in text("missed") and "已改在9月5日" in text("missed")
    assert "新的日子定了就告诉您" in text("missed", next_day=None)
