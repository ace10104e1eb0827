"""What a family's answer says (docs/faults.md)."""

import pytest

from services.notifier.model import reply_words
from services.notifier.model.reply import Understood, ask_again, plain, understand

QUESTION = "【春雨】今天上午志愿者说去看望了您家老人。来了回1，没来回2。打错了回9，不想再收回TD。"


@pytest.mark.parametrize("text", ["1", "１", "①", "1️⃣", "❶", "1.", " 1 ", "\u200b1", "一", "yi", "来了", "1，来了"])
def test_a_one_in_any_dress_says_that_somebody_came(text: str) -> None:
    assert understand(text, [QUESTION]) is Understood.CAME


@pytest.mark.parametrize("text", ["2", "２", "②", "2.", " 2 ", "二", "er", "没来", "没人来！"])
def test_a_two_in_any_dress_says_that_nobody_came(text: str) -> None:
    assert understand(text, [QUESTION]) is Understood.NOT_CAME


@pytest.mark.parametrize("text", ["9", "９", "打错了"])
def test_a_stranger_with_this_number_is_understood(text: str) -> None:
    assert understand(text) is Understood.WRONG_NUMBER


@pytest.mark.parametrize("text", ["TD", "td", "T D", "ＴＤ", "退订", "请退订", "STOP", "别再发了"])
def test_whoever_wants_no_more_messages_is_understood(text: str) -> None:
    assert understand(text) is Understood.STOP


@pytest.mark.parametrize("text", ["看看", "看一下", "去看看", "麻烦去看看我妈", "kan kan"])
def test_a_relative_may_ask_that_somebody_goes_and_looks(text: str) -> None:
    assert understand(text) is Understood.LOOK_IN


@pytest.mark.parametrize("text", ["救命", "急！", "SOS", "s.o.s", "我妈摔倒了", "孩子不见了，快"])
def test_danger_is_understood_as_red(text: str) -> None:
    assert understand(text, [QUESTION]) is Understood.RED


@pytest.mark.parametrize("text", ["", "👍", "好的", "谢谢", "1 2", "不用看看了", "12", "着急", "别急", "不退订"])
def test_what_is_unclear_is_not_guessed(text: str) -> None:
    assert understand(text) is Understood.UNCLEAR


@pytest.mark.parametrize(
    "text",
    [
        f"赞了“{QUESTION}”",
        f"Liked “{QUESTION}”",
        "Liked “【春雨】今天上午志愿…”",
        f"\u200a👍\u200b to “{QUESTION}\u200a”",
        QUESTION,
        f"{QUESTION} 1",
        "来了回1，没来回2。打错了回9",
    ],
)
def test_our_own_words_coming_back_are_no_answer(text: str) -> None:
    assert understand(text, [QUESTION]) is Understood.NOT_AN_ANSWER


def test_a_stop_below_our_quoted_words_is_heard() -> None:
    assert understand(f"{QUESTION}\nTD", [QUESTION]) is Understood.STOP


@pytest.mark.parametrize(
    "text",
    ["[自动回复] 有急事请打电话", "正在开车，稍后联系您", "【某某贷】恭喜，退订回T", "点 http://x.example 领 1"],
)
def test_machines_and_advertisements_are_no_answer(text: str) -> None:
    assert understand(text) is Understood.NOT_AN_ANSWER


def test_an_unclear_answer_is_asked_about_once_and_only_while_a_question_is_open() -> None:
    assert ask_again(Understood.UNCLEAR, question_open=True, asked_again=False)
    assert not ask_again(Understood.UNCLEAR, question_open=True, asked_again=True)
    assert not ask_again(Understood.UNCLEAR, question_open=False, asked_again=False)
    assert not ask_again(Understood.NOT_AN_ANSWER, question_open=True, asked_again=False)


def test_every_word_of_the_tables_stands_as_answers_are_compared() -> None:
    tables = [*reply_words.WHOLE.values(), *reply_words.WITHIN.values(), *reply_words.DENIED.values()]
    words = [word for table in [*tables, reply_words.MACHINES, reply_words.REACTIONS] for word in table]
    assert [word for word in words if plain(word) != word] == []
    whole = [word for table in reply_words.WHOLE.values() for word in table]
    assert len(whole) == len(set(whole))
