"""Words of the notifier's own values, in Chinese; translated when shown. Data."""

from collections.abc import Mapping

from shared.pages.words import Word, Words

NOTIFIER_WORDS: Words = {
    "message": {
        "queued": Word("待发送", "wait"),
        "submitting": Word("正在发送", "wait"),
        "withdrawn": Word("没有发出", "plain"),
    },
    "template": {
        "greeting": Word("号码核实"),
        "greeting_again": Word("再次核实号码"),
        "question": Word("询问走访"),
        "question_again": Word("再次询问走访"),
        "missed": Word("走访未成告知"),
        "weekly": Word("每周一信"),
        "look_in_promised": Word("看看已受理"),
        "look_in_told": Word("看看回告"),
        "look_in_late": Word("看看延迟告知"),
        "alarm": Word("紧急告知", "bad"),
        "alarm_heard": Word("紧急求助回应", "bad"),
    },
    "heard": {
        "came": Word("答：来了", "good"),
        "family": Word("确认是家属", "good"),
        "did_not_come": Word("答：没来", "look"),
        "not_came": Word("答：2"),
        "unclear": Word("未能识别", "unknown"),
        "not_an_answer": Word("自动回复或广告"),
        "look_in": Word("要求看看", "bad"),
        "wrong_number": Word("说号码错了", "look"),
        "stop": Word("要求不再发短信"),
        "red": Word("紧急求助", "bad"),
    },
    "why": {
        "erased": Word("个人信息已删除"),
        "wrong": Word("号码有误"),
        "stopped": Word("对方不想收短信"),
        "no_such_number": Word("号码不存在"),
        "not_fresh": Word("号码未证实"),
        "nobody_to_speak_of": Word("不可告知"),
        "too_late": Word("时间已过"),
        "red_path": Word("紧急情况，暂停日常短信"),
        "too_long": Word("内容太长"),
        "expired": Word("长时间关机"),
        "rejected": Word("被拒收"),
        "refused": Word("运营商未受理"),
        "restored": Word("恢复备份前可能已发出"),
    },
    "contact": {
        "unproven": Word("未证实", "unknown"),
        "proven": Word("已证实", "good"),
        "wrong": Word("号码有误", "look"),
        "stopped": Word("不再发短信"),
        "no_such_number": Word("号码不存在", "look"),
        "expired": Word("长时间关机", "look"),
    },
}


def texts(words: Mapping[str, Mapping[str, Word]] = NOTIFIER_WORDS) -> set[str]:
    """Every text here, for the test of the translations."""
    return {word.text for kind in words.values() for word in kind.values()}
