"""What a line needs to know. Times are seconds of machine time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Address, credentials and patience of one line. The defaults suit a county's carrier and the demo's.

    `source` is the one number families know. `window`: submits unanswered at once. `capacity`: messages taken and not
    yet settled; beyond, `submit` waits. `answer_within`: then a submit is unknown. `throttled_for`: how long a message
    is held back by "slow down". `reconnect`: first and longest pause before a new connection.
    """

    host: str
    port: int
    system_id: str
    password: str
    source: str
    window: int = 100
    capacity: int = 1000
    answer_within: float = 30.0
    throttled_for: float = 120.0
    enquire_every: float = 30.0
    reconnect: tuple[float, float] = (0.5, 60.0)
    part_held: float = 2.0
    """How long parts of an incoming message stay unacknowledged while the next part is waited for."""
    parts_within: float = 120.0
    """After this an incoming message is handed over without its missing parts."""
    batch: int = 200
    """Most happenings told at once."""

    def __repr__(self) -> str:
        return f"LineSettings({self.host}:{self.port})"  # the password must not reach a log
