"""Which checkpoint is served and given away: the newest that witnesses signed, but never one that lies far behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.audit.witnessing.cosigned import SERVED_WITHIN, given, published

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
STATE: dict[str, Any] = {"origin": "log", "note": b"newest", "signed": 10, "key": "new", "signed_at": NOW}
STANDING: dict[str, Any] = {"origin": "log", "note": b"cosigned", "size": 8, "key": "old", "at": NOW}
LONG_AGO = NOW - SERVED_WITHIN - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("standing", "served"),
    [
        (None, b"newest"),
        (STANDING, b"cosigned"),
        ({**STANDING, "at": LONG_AGO}, b"newest"),
        ({**STANDING, "at": LONG_AGO, "size": 10}, b"cosigned"),
        ({**STANDING, "size": 11}, b"newest"),
    ],
)
def test_the_cosigned_checkpoint_is_served_and_given_while_it_does_not_lie_behind(
    standing: dict[str, Any] | None, served: bytes
) -> None:
    assert published(STATE, standing, NOW) == served
    assert given(STATE, standing)["note"] == served


def test_what_is_given_away_says_its_own_size_and_key() -> None:
    assert given(STATE, STANDING) == {"note": b"cosigned", "size": 8, "key": "old"}
    assert given(STATE, {**STANDING, "origin": "another"}) == {"note": b"newest", "size": 10, "key": "new"}
