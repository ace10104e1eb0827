"""Words of the scheduler's states in Chinese; `translations/` has them in English."""

from shared.pages.words import Word, Words

SCHEDULER_WORDS: Words = {
    "visit": {"declined": Word("正在找人替班", "wait")},
    "visit_kind": {
        "care": Word("日常走访"),
        "look_in": Word("看看", "look"),
        "home_visit": Word("家访"),
        "festival_visit": Word("慰问"),
    },
    "slot": {"morning": Word("上午"), "afternoon": Word("下午"), "evening": Word("晚上")},
    "miss": {"no_show": Word("没有人来", "look"), "cannot": Word("志愿者有事", "plain")},
    "uncovered": {
        "no_volunteer": Word("附近没有志愿者", "look"),
        "no_capacity": Word("志愿者的时间已排满", "look"),
        "no_check": Word("没有通过审查的志愿者", "look"),
        "no_day": Word("志愿者没有合适的日子", "look"),
        "paused": Word("服务暂停中", "plain"),
    },
    "well": {"well": Word("都好", "good"), "so_so": Word("一般", "wait"), "unwell": Word("不太好", "look")},
}
