"""A command that reads and makes keys before its unit of work: prepared anew when somebody else came between."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from pymongo.errors import DuplicateKeyError

from services.registry.desk import Doc
from shared.errors import Busy, SpringrainError, Vanished
from shared.units import Unit

TRIES = 5


class Prepared(Protocol):
    """A command made ready. `id` is that of the thing it will make."""

    id: str

    def work(self, unit: Unit) -> Doc:
        """The transaction."""
        ...

    def withdraw(self) -> None:
        """Nothing came of it: throw away the keys."""
        ...


class Done(Protocol):
    """What `post` answers: the id of the thing made, now or by the same request before."""

    @property
    def id(self) -> str:
        """Of the thing."""
        ...


T = TypeVar("T", bound=Done)
Work = Callable[[Unit], Doc]


def run_prepared(post: Callable[[Work], T], prepare: Callable[[], Prepared]) -> T:
    """Prepare and run in a unit of work by `post`, which knows repetitions. Raises Busy when somebody keeps coming between."""
    for _ in range(TRIES):
        try:
            return _once(post, prepare)
        except (Vanished, DuplicateKeyError):
            continue
    raise Busy("somebody keeps registering people at this moment")


def _once(post: Callable[[Work], T], prepare: Callable[[], Prepared]) -> T:
    try:
        prepared = prepare()
    except SpringrainError as refusal:
        return post(_refusing(refusal))  # a repetition is answered as before, though it would be refused now
    try:
        done = post(prepared.work)
    except (SpringrainError, DuplicateKeyError):  # of anything else nobody knows whether it was committed: the key stays
        prepared.withdraw()
        raise
    if done.id != prepared.id:
        prepared.withdraw()
    return done


def _refusing(refusal: SpringrainError) -> Work:
    def work(_unit: Unit) -> Doc:
        raise refusal

    return work
