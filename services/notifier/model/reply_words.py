"""What families write, as data for `reply.py`. All words stand here as `reply.plain` leaves them.

That is: small letters, one width, no spaces, no marks. Change a word here, not a rule there. Dialect and school pinyin
belong here too, once a county has seen them.
"""

WHOLE: dict[str, tuple[str, ...]] = {
    "came": (
        *("1", "11", "111", "一", "壹", "幺", "yi", "yī", "one", "❶", "➀", "➊", "回1", "选1", "1来了", "来了1"),
        *("来了", "来过了", "来过", "1来过", "人来了", "已来", "已经来了", "yes"),
    ),
    "not_came": (
        *("2", "22", "222", "二", "贰", "两", "er", "èr", "two", "❷", "➁", "➋", "回2", "选2", "2没来", "没来2"),
        *("没来", "没有来", "没人来", "还没来", "no"),
    ),
    "wrong_number": (
        *("9", "九", "玖", "jiu", "❾", "回9", "打错了", "发错了", "发错人了", "你发错了", "号码错了", "不是我家"),
        *("不认识",),
    ),
    "stop": (
        *("td", "t", "回td", "回t", "退订", "退定", "tuiding", "stop", "unsubscribe", "别发了", "不要发了"),
        *("不要再发了", "别再发了"),
    ),
    "look_in": ("看看", "kankan", "kk", "看一看", "看一下", "看下", "look"),
    "red": ("急", "急急", "急急急", "救", "救我", "sos", "help", "jiuming", "很急", "特急", "十万火急"),
}
"""The whole answer is this word."""

WITHIN: dict[str, tuple[str, ...]] = {
    "red": (
        *("救命", "急救", "快救", "出事了", "摔倒", "晕倒", "昏倒", "叫不醒", "不见了", "走丢", "失踪", "自杀"),
        *("不想活", "农药", "着火", "起火", "sos"),
    ),
    "stop": ("退订",),
    "look_in": ("看看", "看一下", "看一看"),
}
"""The word stands somewhere in a short answer."""

SHORT = {"red": 200, "stop": 12, "look_in": 24}
"""The longest answer, in letters, in which a word of `WITHIN` is believed."""

DENIED: dict[str, tuple[str, ...]] = {
    "look_in": ("不用", "不要", "不必", "别去", "不去", "别来"),
    "stop": ("不退订", "不要退订", "别退订"),
}
"""With one of these the word of `WITHIN` means nothing: better asked again. A red word is never denied."""

MACHINES = (
    *("自动回复", "自动回覆", "自动答复", "autoreply", "automaticreply", "outofoffice", "正在开车", "驾驶模式"),
    *("稍后回复您", "稍后联系您", "不方便接听", "请勿回复本短信"),
)
"""A phone or an office answers by itself."""

ADVERTS = ("http://", "https://", "www.", "退订回", "回t退", "回td退", "拒收请回")
"""Marks of a mass message, sought in the raw small letters."""

REACTIONS = (
    *("赞了", "点赞了", "喜欢", "不喜欢", "大笑", "强调了", "质疑了", "对此表示", "回应了", "取消了"),
    *("liked", "loved", "disliked", "laughedat", "emphasized", "questioned", "reacted", "removed"),
)
"""What a phone puts before the quoted text when somebody taps a thumb."""

QUOTES = '“”"„«»「」『』'
