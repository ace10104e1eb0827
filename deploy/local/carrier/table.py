"""How the county's phones and families behave, as data. Shares are of 10,000; what is left over is an ordinary family.

Every draw is an HMAC of the seed, the number, the kind of message and how many of that kind the number has had: never
of arrival order or of an id, so that the same seed gives the same month.
"""

KINDS = (
    ("code", "验证码"),
    ("again", "只回"),
    ("question", "来了回1"),
    ("question", "Reply 1 if"),
    ("greeting", "回1"),
    ("greeting", "eply 1"),
    ("weekly", "一周"),
    ("weekly", "本周"),
    ("weekly", "这周"),
    ("weekly", "this week"),
)
"""A message is of the first kind whose words it contains, else `other`."""

NUMBERS = {
    "gone": 250,
    "off": 150,
    "stranger": 120,
    "stopper": 100,
    "chatty": 300,
    "silent": 1500,
}
"""What a number is, for the whole month. gone: does not exist (UNDELIV). off: never switched on (EXPIRED). stranger:
answers `9` to the first message. stopper: answers `TD` to the first. chatty: answers with thanks that say nothing.
silent: reads and says nothing."""

PHONE_OFF = 400
"""A phone that is off when a message comes, and on again some hours later."""

LATE_HALF_HOURS = (2, 24)
"""After how many half hours such a phone gets its message."""

EXPIRES_HALF_HOURS = 48
"""After how many half hours the network gives a message up."""

ANSWERS = {
    "question": {"truth": 8800, "reverse": 150, "thanks": 350},
    "again": {"truth": 7000, "reverse": 100, "thanks": 300},
    "greeting": {"1": 8500, "thanks": 400},
    "weekly": {"看看": 150, "thanks": 800},
}
"""What an ordinary family does, by kind; the rest says nothing. truth: 1 when somebody came (`POST /home`), else 2."""

ANSWER_HALF_HOURS = {"question": (1, 6), "again": (1, 4), "greeting": (1, 10), "weekly": (1, 12)}
"""After how many half hours a family answers."""

AWAKE = (7, 22)
"""Hours of the county's day in which people answer; an answer of the night comes in the morning."""

THANKS = ("好的", "谢谢", "谢谢你们", "知道了，辛苦", "👍")
