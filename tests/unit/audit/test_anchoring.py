"""Which checkpoint an inspection is drawn by: with witnesses set none but a cosigned one, without any the county's own."""

from services.audit.inspections.anchoring import newest_standing

STATE = {"origin": "springrain/x/log/1", "signed": 40, "root": b"r" * 32, "note": b"ours"}
COSIGNED = {"origin": "springrain/x/log/1", "size": 30, "root": b"w" * 32, "note": b"theirs", "names": ["审计局", "uni/w1"]}


def test_without_witnesses_the_newest_signed_checkpoint_counts_and_names_none() -> None:
    found = newest_standing(STATE, lambda origin: COSIGNED, witnessed=False)
    assert found is not None
    assert (found.size, found.root, found.witnesses) == (40, b"r" * 32, ())


def test_with_witnesses_a_checkpoint_nobody_cosigned_does_not_count() -> None:
    assert newest_standing(STATE, lambda origin: None, witnessed=True) is None


def test_with_witnesses_the_cosigned_checkpoint_counts_though_the_log_went_on() -> None:
    found = newest_standing(STATE, lambda origin: COSIGNED, witnessed=True)
    assert found is not None
    assert (found.size, found.note, found.witnesses) == (30, b"theirs", ("w:___", "w:uni/w1"))


def test_an_empty_log_gives_none() -> None:
    assert newest_standing(None, lambda origin: None, witnessed=False) is None
    assert newest_standing({**STATE, "signed": 0}, lambda origin: None, witnessed=False) is None
