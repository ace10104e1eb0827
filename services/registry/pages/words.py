"""Words of the registry's own states, in Chinese; translated when shown. Data.

Titles of roster faults, and what to do about them, stand in `model/roster_faults.py`, where the correction workbook
takes them from as well.
"""

from services.registry.model.roster_faults import KINDS
from shared.pages.words import Word, Words

REGISTRY_WORDS: Words = {
    "relation": {
        "father": Word("父亲"),
        "mother": Word("母亲"),
        "grandfather": Word("祖父或外祖父"),
        "grandmother": Word("祖母或外祖母"),
        "uncle": Word("叔伯舅姑父辈"),
        "aunt": Word("婶姨舅姑母辈"),
        "brother": Word("兄弟"),
        "sister": Word("姐妹"),
        "spouse": Word("配偶"),
        "son": Word("儿子"),
        "daughter": Word("女儿"),
        "son_in_law": Word("女婿"),
        "daughter_in_law": Word("儿媳"),
        "grandson": Word("孙子或外孙"),
        "granddaughter": Word("孙女或外孙女"),
        "neighbour": Word("邻居"),
        "other": Word("关系待问清", "unknown"),
    },
    "sex": {"female": Word("女"), "male": Word("男")},
    "volunteer": {"active": Word("在岗", "good"), "resting": Word("休整中"), "left": Word("已退出")},
    "volunteer_kind": {
        "party_member": Word("党员"),
        "cadre": Word("干部"),
        "veteran_member": Word("老党员"),
        "teacher": Word("教师"),
        "student": Word("学生"),
        "youth": Word("青年"),
        "enterprise": Word("企业志愿者"),
        "resident": Word("村民"),
    },
    "check": {
        "valid": Word("核查有效", "good"),
        "expired": Word("核查已过期", "look"),
        "missing": Word("没有核查", "look"),
        "failed": Word("核查未通过", "bad"),
    },
    "fault": {kind.value: Word(words.title) for kind, words in KINDS.items()},
    "left": {
        "no_volunteer_near": Word("附近没有志愿者", "look"),
        "no_valid_check": Word("没有核查有效的志愿者", "look"),
        "volunteers_full": Word("志愿者的时间已排满", "look"),
    },
    "import": {
        "received": Word("等待导入", "wait"),
        "importing": Word("正在导入", "wait"),
        "forming": Word("正在归并家庭", "wait"),
        "done": Word("已完成", "good"),
        "failed": Word("没有导入", "bad"),
    },
    "severity": {"refused": Word("未登记", "look"), "to_mend": Word("已登记，待改", "wait")},
    "ground": {
        "request": Word("本人或监护人要求"),
        "purpose_met": Word("目的已达成"),
        "retention": Word("保存期限已到"),
        "consent_withdrawn": Word("撤回同意"),
    },
    "erasure": {
        "asked": Word("等第二人同意", "wait"),
        "approved": Word("正在删除", "wait"),
        "done": Word("已删除", "good"),
    },
    "fresh": {
        "proven": Word("号码已证实", "good"),
        "unproven": Word("号码未证实", "unknown"),
        "wrong": Word("号码有误", "look"),
        "stopped": Word("不再发短信"),
        "unreachable": Word("联系不上", "look"),
    },
    "end_care": {
        "moved": Word("搬走"),
        "died": Word("去世"),
        "age": Word("到了年龄"),
        "other": Word("其他原因"),
    },
    "end": {
        "asked": Word("一方提出"),
        "left": Word("离开"),
        "erased": Word("信息已删除"),
        "declined": Word("没有接受"),
    },
    "link": {
        "shared_phone": Word("同一个电话"),
        "shared_carer": Word("同一个照护人"),
        "carer_is_recipient": Word("照护人也在名册里"),
        "phone_in_another_village": Word("电话相同，但不在同一个村"),
        "phone_of_many": Word("很多人登记了同一个电话"),
        "carer_with_other_phone": Word("照护人同名，电话不同"),
        "groups_differ": Word("照护人相同，村小组不同"),
        "same_relatives": Word("亲属同名"),
        "decided": Word("经办人问清是一家"),
    },
}
