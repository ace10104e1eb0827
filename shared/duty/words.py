"""Words of the duty page: what is wrong, why an event is parked, and what to do about it. Data, Chinese first.

A finding and a reason each have a second word under `..._do`: the next step of a person who is not a programmer.
"""

from shared.pages.words import Word, Words

DUTY_WORDS: Words = {
    "service": {
        "registry": Word("登记"),
        "scheduler": Word("走访安排"),
        "notifier": Word("消息"),
        "audit": Word("审计"),
    },
    "finding": {
        "outbox_full": Word("待发事件已满，日常登记会被拒绝", "bad"),
        "events_wait": Word("事件发不出去，最早的已等 %(span)s", "bad"),
        "no_relay": Word("没有进程在发送事件", "bad"),
        "parked": Word("%(n)s 件事件暂存待处理", "look"),
        "holes": Word("%(n)s 条记录有缺口", "look"),
        "queue_long": Word("队列 %(name)s 积压 %(n)s 条", "look"),
        "silent": Word("%(name)s 已 %(span)s 没有心跳", "bad"),
    },
    "finding_do": {
        "outbox_full": Word("看 RabbitMQ 是否在运行；恢复后会自动补发，什么也不会丢。"),
        "events_wait": Word("看 RabbitMQ 和本服务的 worker 是否在运行；恢复后会自动补发。"),
        "no_relay": Word("启动本服务的 worker。"),
        "parked": Word("在下面看原因；先修好，再点“重试”。涉及的人暂时收不到日常短信。"),
        "holes": Word("系统会自己补；超过五分钟还在，请来源服务补发（操作手册“On duty”）。"),
        "queue_long": Word("看本服务的 worker 是否在运行；正在追赶时数字会变小。"),
        "silent": Word("看该服务的 worker；如果几个服务同时没有心跳，看 RabbitMQ 和审计的 worker。"),
    },
    "held_state": {
        "ahead": Word("等前面的事件", "wait"),
        "awaits": Word("等所需的资料", "wait"),
        "retry": Word("稍后自动重试", "wait"),
        "parked": Word("暂存待处理", "look"),
    },
    "held_reason": {
        "missing": Word("缺少必需的内容"),
        "not_valid": Word("有内容不合约定"),
        "never_known": Word("所需的资料一天都没有来"),
        "kills_the_process": Word("处理它时进程多次崩溃", "bad"),
        "other_body": Word("同一事件内容不一致", "bad"),
        "other_county": Word("不是本县发出的", "bad"),
        "not_the_owner": Word("不是应当发出它的服务发出的", "bad"),
        "envelope": Word("不是本系统的事件"),
        "not_json": Word("不是本系统的事件"),
        "not_canonical": Word("不是规范格式"),
        "too_large": Word("超过允许的大小"),
        "error": Word("处理时程序出错"),
    },
    "held_reason_do": {
        "missing": Word("多半是新旧版本不一致：两边升级到同一版本后重试。"),
        "not_valid": Word("多半是新旧版本不一致：两边升级到同一版本后重试。"),
        "never_known": Word("先看来源服务有没有缺口或停机；补来以后重试。"),
        "kills_the_process": Word("先把下面的内容交给维护人员；修好之前不要重试。"),
        "other_body": Word("对照审计日志，看哪一份是真的；多半是恢复过数据库。多余的一份可以放弃。"),
        "other_county": Word("查明来源；确认无关后放弃。"),
        "not_the_owner": Word("查明来源；确认无关后放弃。"),
        "envelope": Word("查明是谁放进来的；确认无关后放弃。"),
        "not_json": Word("查明是谁放进来的；确认无关后放弃。"),
        "not_canonical": Word("查明是谁放进来的；确认无关后放弃。"),
        "too_large": Word("查明是谁放进来的；确认无关后放弃。"),
        "error": Word("把出错位置交给维护人员；修好后重试。"),
    },
    "queue": {
        "events": Word("收件队列"),
        "parked": Word("中间件退回"),
        "log": Word("日志队列"),
        "log.parked": Word("日志退回"),
        "asked": Word("补发请求"),
        "recalled": Word("从日志取回"),
    },
    "lease": {"relay": Word("发送事件"), "outgoing": Word("发送短信")},
    "released": {
        "retry": Word("已交给该服务的 worker 重试，并已记入日志。", "good"),
        "drop": Word("已放弃这件事件，后面的继续处理，并已记入日志。", "good"),
        "gone": Word("别人已经处理过这件事件，您这次没有改动任何内容。", "look"),
    },
}


def reason_word(reason: str) -> str:
    """The key of a reason in the tables: itself, or `error` for an exception's name."""
    code = reason.split(" ", 1)[0]
    return code if code in DUTY_WORDS["held_reason"] else "error"
