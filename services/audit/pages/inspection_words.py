"""Words of inspections and findings: what the report says in print, with the tones of the kit. Data."""

from collections.abc import Mapping

from services.audit.report.words import ANSWERS, KINDS, RESULTS, STRATA, WAYS
from shared.pages.words import Word, Words

TONES: Mapping[str, str] = {"holds": "good", "does_not_hold": "look", "unknown": "unknown"}


def _plain(pairs: Mapping[str, tuple[str, str]], tone: str = "plain") -> Mapping[str, Word]:
    return {name: Word(pair[0], TONES.get(name, tone)) for name, pair in pairs.items()}


INSPECTION_WORDS: Words = {
    "inspection": {
        "opened": Word("等待检查点", "wait"),
        "anchored": Word("可以抽取", "look"),
        "drawn": Word("核实中", "wait"),
        "closed": Word("已结束"),
    },
    "finding_state": {"recorded": Word("待答复", "look"), "answered": Word("已答复", "good")},
    "outcome": {"reported": Word("已出报告", "good"), "given_up": Word("未抽取即结束")},
    "stratum": _plain(STRATA),
    "result": _plain(RESULTS),
    "way": _plain(WAYS),
    "finding_kind": _plain(KINDS, "look"),
    "finding_answer": _plain(ANSWERS),
}
INSPECTION_FIELDS: Mapping[str, str] = {
    "answer": "答复",
    "by_branch": "答复支部",
    "commitment": "口令的指纹",
    "digest": "可抽取项的哈希",
    "drawn": "抽中的记录",
    "figures": "数字的哈希",
    "findings": "发现数",
    "first_day": "第一天",
    "how": "怎样核实",
    "inspection": "督查",
    "last_day": "最后一天",
    "origin": "日志",
    "outcome": "怎样结束",
    "population": "可抽取项数",
    "report": "报告的哈希",
    "result": "核实结果",
    "root": "根哈希",
    "rule": "抽样规则",
    "sample": "抽中的记录",
    "scope": "督查范围",
    "secret": "口令",
    "shares": "各类抽取数",
    "size": "日志条数",
    "witnesses": "见证人",
}
INSPECTION_VALUES: Mapping[str, Mapping[str, str]] = {
    "inspection": {"result": "result", "how": "way", "outcome": "outcome"},
    "finding": {"kind": "finding_kind", "answer": "finding_answer"},
}
