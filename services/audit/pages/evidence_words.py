"""Words of the page that shows the evidence of a visit: what each point is, and why it is worth that much. Data.

A test holds them against the table of channels (evidence/point.py).
"""

from collections.abc import Mapping

from shared.pages.words import Word, Words

EVIDENCE_WORDS: Words = {
    "verdict": {
        "shown": Word("有凭据", "good"),
        "unknown": Word("未知（没有可问的人或还没有回复）", "unknown"),
        "disputed": Word("有异议", "look"),
        "in_review": Word("核实中", "wait"),
    },
    "channel": {
        "home": Word("家中本人或同住的人确认", "good"),
        "carer": Word("在家照料的人确认", "good"),
        "neighbour": Word("邻居确认", "good"),
        "quick_yes": Word("几秒钟内的确认", "look"),
        "door_code": Word("报出了门口的号码", "good"),
        "home_call": Word("走访人用家里的电话报到", "good"),
        "other_visitor": Word("另一位走访人同时在场", "good"),
        "number_renewed": Word("走访后登记的新号码有人应答", "good"),
        "checked_in": Word("走访人到门口时签到", "plain"),
        "reported": Word("走访人事后报告", "plain"),
        "disputed": Word("在场的人说没有人来", "bad"),
    },
}
WHY: Mapping[str, str] = {
    "home": "抽签问到，号码以前应答过，本人或同住的人说来过",
    "carer": "抽签问到在家照料的人，说来过",
    "neighbour": "邻居看见有人来；屋里的事看不见",
    "quick_yes": "问题刚到就答，老人还来不及看；单独不算凭据",
    "door_code": "签到时报对了门口的号码；号码可以抄走",
    "home_call": "走访人用家里的电话打来，经办人看到了来电号码；这是两个人的话",
    "other_visitor": "另一位走访人用自己的账号和设备，同一时段在这一家",
    "number_renewed": "走访时记下的号码后来自己应答了：约定的事做到了",
    "checked_in": "走访人自己的话，是要证明的事，不是证明",
    "reported": "走访人自己的话，是要证明的事，不是证明",
    "disputed": "抽签问到在场的人，说没有人来；请先由上一级核实",
}
"""The reasons of evidence/point.py for who reads the page."""
