"""Ids: what is brought about by something has an id that anybody can work out again."""

from uuid import UUID, uuid4

from shared.ids import derived_id, is_id, made_at, new_id


def test_the_same_cause_and_words_give_the_same_id_for_ever() -> None:
    cause = "01997d2e-5c00-7a10-8b20-0123456789ab"
    assert derived_id(cause, "visit") == "01997d2e-5c00-780d-a123-6baf19d246db"


def test_another_cause_or_other_words_give_another_id() -> None:
    one, other = new_id(), new_id()
    found = [derived_id(*words) for words in ((one,), (other,), (one, "a"), (one, "b"), (one, "a", "b"), (one, "ab"))]
    assert len(set(found)) == len(found)


def test_a_derived_id_is_one_of_ours_and_as_old_as_its_cause() -> None:
    cause = new_id()
    derived = derived_id(cause, "visit")
    assert is_id(derived)
    assert (UUID(derived).version, UUID(derived).variant) == (7, UUID(cause).variant)
    assert made_at(derived) == made_at(cause)


def test_a_cause_that_says_no_time_still_gives_an_id_of_our_kind() -> None:
    for cause in (str(uuid4()), "month:2026-09"):
        assert UUID(derived_id(cause, "x")).version == 7
        assert derived_id(cause, "x") == derived_id(cause, "x")
