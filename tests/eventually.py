"""Waiting for what must come true: the only place in the tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], what: str = "", *, within: float = 10.0, every: float = 0.02) -> T:
    """The first true value `condition` gives; AssertionError with `what` and its last value after `within` seconds.

    An AssertionError of `condition` itself counts as not yet, so that plain asserts can be waited for.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            last: object = (value := condition())
            if value:
                return value
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or condition} was not so within {within:g} s; last: {last!r}")
        time.sleep(every)
