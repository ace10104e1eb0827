"""Words of the audit pages: services, sealed parts, closing words, and the fields of events. Data, Chinese first."""

from collections.abc import Mapping
from typing import Any

from shared.pages.words import Word, Words

AUDIT_WORDS: Words = {
    "service": {
        "registry": Word("登记"),
        "scheduler": Word("走访安排"),
        "notifier": Word("消息"),
        "audit": Word("审计"),
        "other": Word("其他来源", "look"),
    },
    "part": {
        "sealed": Word("已封存"),
        "opened": Word("已打开", "look"),
        "erased": Word("已删除"),
        "lost": Word("密钥遗失", "bad"),
        "unreadable": Word("无法解读", "bad"),
    },
    "odd": {
        "other_body": Word("同一事件内容不一致", "bad"),
        "not_canonical": Word("不是规范格式", "look"),
        "envelope": Word("不是本系统的事件", "look"),
    },
    "closing": {
        "handled": Word("已处理", "good"),
        "visited": Word("已上门", "good"),
        "reached": Word("已联系上", "good"),
        "passed_on": Word("已转交"),
        "not_needed": Word("核实后无需处理"),
        "heard_again": Word("已恢复", "good"),
    },
    "reason": {"inspection": Word("督查"), "complaint": Word("投诉核实"), "correction": Word("更正资料")},
}
FIELDS: Mapping[str, str] = {
    "about": "关于谁",
    "asked": "是否抽中回访",
    "at": "发生时间",
    "authority": "核查机关",
    "band": "频次",
    "by": "何人",
    "call_order": "联系顺序",
    "care": "关爱状态",
    "cause": "起因事件",
    "checked_on": "核查日期",
    "code": "区划代码",
    "day": "日期",
    "days": "空闲日",
    "decision": "处理",
    "due": "期限",
    "event": "事件",
    "event_type": "事件类型",
    "expires_on": "有效期至",
    "field": "字段",
    "from_day": "原定日期",
    "given_by": "同意人",
    "ground": "依据",
    "home": "是否在家",
    "household": "家庭",
    "keys": "密钥数",
    "kind": "种类",
    "kinds": "身份",
    "level": "层级",
    "may_know": "知情范围",
    "members": "家庭成员",
    "minor": "未成年",
    "minors": "有未成年人",
    "minutes": "时长（分钟）",
    "month": "月份",
    "name": "名称",
    "nearness": "远近",
    "next_day": "改约日期",
    "next_visit": "改约走访",
    "no_adult": "家中无成年人",
    "no_place_only": "仅远程陪伴",
    "notice": "告知书版本",
    "number": "春雨编号",
    "page": "页面",
    "parent": "上级",
    "passed": "是否通过",
    "people": "涉及人员",
    "person": "人员",
    "places": "服务地点",
    "promised": "承诺时限",
    "reason": "原因",
    "recipient": "服务对象",
    "recipients": "服务对象",
    "registered": "新登记",
    "relative": "家属",
    "rhythm": "频次",
    "rights": "权限版本",
    "role": "角色",
    "slot": "时段",
    "starts_on": "开始日期",
    "state": "状态",
    "telephone": "电话陪伴",
    "template": "短信模板",
    "thing": "对象",
    "until": "有效至",
    "version": "版本",
    "visits": "走访次数",
    "visits_a_month": "每月可走访",
    "volunteer": "志愿者",
    "why": "原因",
}
VALUES: Mapping[str, str] = {
    "band": "band",
    "rhythm": "band",
    "care": "care",
    "kinds": "person_kind",
    "level": "level",
    "may_know": "may_know",
    "nearness": "nearness",
    "role": "role",
    "slot": "slot",
    "days": "weekday",
    "event_type": "event",
    "ground": "consent_ground",
}
"""Which table of words a field's values stand in."""
BY_TYPE: Mapping[str, Mapping[str, str]] = {
    "visit": {"kind": "visit_kind", "why": "cause"},
    "care": {"why": "uncovered"},
    "concern": {"kind": "concern", "why": "closing"},
    "look": {"reason": "reason"},
}
"""The same by an event's noun, where a field means different things."""


def kind_of(noun: str, field: str) -> str:
    """The table of words for a field of an event of this noun; empty when its values are no words."""
    return BY_TYPE.get(noun, {}).get(field) or VALUES.get(field, "")


def as_list(value: Any) -> list[Any]:
    """A value as one or several."""
    return list(value) if isinstance(value, list) else [value]
