"""What an error looks like to a person: what happened, and what to do now. Never a trace, never a personal value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Face:
    """Title, one plain sentence, what to do; Chinese, translated when shown."""

    title: str
    what: str
    do: str


CHECK = "请检查后再试一次；仍然不行，请致电办公室。"

FACES: dict[int, Face] = {
    400: Face("没有看懂这次请求", "地址或填写的内容不完整。", CHECK),
    401: Face("请先登录", "您还没有登录，或登录已过期。", "登录后会回到刚才的页面。"),
    403: Face("您不能打开这一页", "您的账号没有这项权限。", "如果工作需要，请联系县级管理员。"),
    404: Face("没有找到这一页", "地址有误，或者不在您负责的范围内。", "请从首页重新进入。"),
    405: Face("这样做行不通", "这个地址不接受这种操作。", "请返回上一页，用页面上的按钮再试。"),
    409: Face("情况已经变化", "别人刚刚改过同一条记录，您的改动没有保存。", "请返回上一页刷新，看过最新内容再决定。"),
    412: Face("情况已经变化", "别人刚刚改过同一条记录，您的改动没有保存。", "请返回上一页刷新，看过最新内容再决定。"),
    413: Face("文件太大", "上传的文件超过了允许的大小，没有保存。", "请分成几个文件再上传。"),
    422: Face("内容需要修改", "有内容填写得不对，没有保存。", "请返回上一页，按提示修改。"),
    429: Face("请稍等一下", "短时间内操作太多次。", "请过一分钟再试。"),
    500: Face("系统出了问题", "不是您的错。这次操作没有保存，问题已经记下。", CHECK),
    503: Face("服务暂时不可用", "这项服务正在恢复，已登记的内容不会丢失。", "请过一会儿再刷新本页。"),
}


def face(status: int) -> Face:
    """The face of this status; an unlisted one looks like its family (400 or 500)."""
    return FACES.get(status) or FACES[400 if status < 500 else 500]


FAULTS: dict[str, str] = {
    "required": "必填内容没有填写。",
    "null": "必填内容没有填写。",
    "wrong_kind": "填写的格式不对。",
    "invalid": "填写的内容不对。",
    "not_a_choice": "请从所列的选项中选择。",
    "length": "填写的内容太长或太短。",
    "range": "填写的数超出了范围。",
    "unknown_field": "页面已经更新，请刷新后再填。",
    "given_twice": "同一项内容提交了两次，请刷新后再填。",
    "key_not_allowed": "页面已经更新，请刷新后再填。",
    "file_name": "文件名不能用，请换一个简单的文件名。",
}
"""The border's own faults (`shared/http`) in a person's words; a service's faults bring theirs."""
