"""How long the oldest event has waited for the log, told without touching a message."""

from services.audit.watch.backlog import Backlog


def test_nothing_waits_and_nothing_is_old() -> None:
    backlog = Backlog()
    assert [backlog.age(now, 0, size, size) for now, size in ((0.0, 0), (100.0, 7), (5000.0, 7))] == [0, 0, 0]


def test_what_waits_grows_older_until_the_log_has_signed_it() -> None:
    backlog = Backlog()
    assert backlog.age(10.0, 5, 100, 100) == 0
    assert backlog.age(70.0, 5, 100, 100) == 60
    assert backlog.age(80.0, 0, 105, 100) == 70  # taken in and not signed yet
    assert backlog.age(90.0, 0, 105, 105) == 0


def test_a_queue_that_is_never_empty_and_always_moves_is_not_late() -> None:
    backlog = Backlog()
    ages = [backlog.age(10.0 * step, 50, 100 + 40 * step, 100 + 40 * step) for step in range(100)]
    assert max(ages) <= 20


def test_a_log_that_stands_still_under_new_arrivals_is_as_late_as_its_oldest() -> None:
    backlog = Backlog()
    assert [backlog.age(10.0 * step, step, 100, 100) for step in range(1, 5)] == [0, 10, 20, 30]


def test_what_was_told_twice_never_makes_the_log_longer_and_an_empty_queue_settles_it() -> None:
    backlog = Backlog()
    backlog.age(0.0, 10, 100, 100)
    assert backlog.age(50.0, 4, 102, 102) == 50
    assert backlog.age(60.0, 0, 102, 102) == 0
    assert backlog.age(70.0, 1, 102, 102) == 0
