"""Who is asked when: all who sign about the same checkpoint, the others after growing pauses, nobody twice at once."""

import threading
from datetime import UTC, datetime
from itertools import pairwise

from services.audit.model.note import Signature
from services.audit.witnessing.asking import Asking, Outcome
from services.audit.witnessing.client import WitnessClient
from services.audit.witnessing.cosigned import AWAY, SIGNS
from services.audit.witnessing.turns import AGAIN_SECONDS, AT_MOST_EVERY_SECONDS, LONGEST_PAUSE_SECONDS, Gathered, Rounds, Turn
from tests.unit.audit.logs import Memory


def turn(name: str) -> Turn:
    return Turn(Asking(WitnessClient(f"http://{name}.example"), [], Memory([]), lambda: datetime.now(UTC)), (name,))


def test_witnesses_asked_out_of_step_sign_the_same_checkpoint_of_a_busy_log() -> None:
    one, other = turn("one"), turn("other")
    rounds, now, together = Rounds([one, other]), 0.0, 0
    for second in range(60):
        now, text = float(second), f"checkpoint {second}".encode()
        asked = rounds.due(text, now)
        for each in asked:
            fails = each is other and second < 5
            each.settle(Outcome(AWAY if fails else SIGNS), text, now + 0.3 * (each is other))
        together += len(asked) == 2
    assert together > 20, "each signed something new every second, and nearly always both the same"


def test_who_does_not_sign_is_asked_after_growing_pauses_and_never_given_up() -> None:
    dead, now, asked = turn("dead"), 0.0, []
    rounds = Rounds([dead])
    while now < 3000:
        if rounds.due(b"text", now):
            asked.append(now)
            dead.settle(Outcome(AWAY), b"text", now)
        now += 1
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 2 * AT_MOST_EVERY_SECONDS and pauses[-1] == LONGEST_PAUSE_SECONDS


def test_who_signed_is_asked_again_though_nothing_came_so_that_the_time_stays_fresh() -> None:
    one = turn("one")
    rounds = Rounds([one])
    assert rounds.due(b"text", 0) == [one]
    one.settle(Outcome(SIGNS), b"text", 0)
    assert rounds.due(b"text", AGAIN_SECONDS - 1) == []
    assert rounds.due(b"text", AGAIN_SECONDS) == [one]


def test_nobody_is_asked_while_the_last_answer_is_still_awaited() -> None:
    slow, end = turn("slow"), threading.Event()
    slow.thread = threading.Thread(target=end.wait)
    slow.thread.start()
    rounds = Rounds([slow])
    assert rounds.due(b"text", 1000) == []
    end.set()
    slow.thread.join()
    assert rounds.due(b"text", 1000) == [slow]


def test_lines_of_one_checkpoint_come_together_the_newest_of_each_key() -> None:
    found, first, later = Gathered(), Signature("a", b"1234", b"old"), Signature("a", b"1234", b"new")
    found.add(b"one", [first, Signature("b", b"1234", b"b")])
    found.add(b"one", [later])
    assert [line.value for line in found.lines.values()] == [b"new", b"b"]
    found.add(b"two", [later])
    assert (found.text, len(found.lines)) == (b"two", 1)
