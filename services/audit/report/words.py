"""The words of the report in both languages: it is read by people who may not read the other. Data."""

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]
STRATA: Words = {
    "ending": ("结束、暂停或删除", "Ended, paused or erased"),
    "loosened": ("走访频次调低", "Rhythm made rarer"),
    "changed": ("档案其他变更", "Record changed otherwise"),
    "crowded": ("一人一天走访八户以上", "More than eight homes a day by one person"),
    "moved": ("改期两次以上", "Moved twice or more"),
    "weekly": ("每周走访对象，在场者未确认", "Weekly homes, nobody present confirmed"),
    "unconfirmed": ("其他在场者未确认", "Others nobody present confirmed"),
    "confirmed": ("在场者已确认", "Confirmed by somebody present"),
}
RESULTS: Words = {
    "holds": ("属实", "holds"),
    "unknown": ("无法得知", "unknown"),
    "does_not_hold": ("不属实", "does not hold"),
}
"""In the order they are drawn: what is unknown stands between the two and belongs to neither."""
WAYS: Words = {
    "at_home": ("上门询问本人或家人", "asked at home"),
    "by_call": ("电话询问", "asked by call"),
    "neighbour": ("询问邻居", "asked a neighbour"),
    "papers": ("查看凭据", "papers looked at"),
}
KINDS: Words = {
    "nobody_came": ("没有人来过", "nobody came"),
    "other_than_told": ("与登记内容不符", "other than was told"),
    "not_followed_up": ("发现的困难没有跟进", "a need was not followed up"),
    "ended_without_ground": ("结束关爱没有依据", "care ended without ground"),
    "changed_without_ground": ("变更没有依据", "changed without ground"),
    "record_wrong": ("档案有误", "the record is wrong"),
}
ANSWERS: Words = {
    "accepted": ("承认", "accepted"),
    "explained": ("已说明", "explained"),
    "mended": ("已整改", "mended"),
    "none": ("未答复", "not answered"),
}
