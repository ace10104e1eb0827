"""What the keeping of people by hand shares: a registration once per Idempotency-Key, and households formed after it."""

from collections.abc import Callable

from services.registry.commands.forming import form_township
from services.registry.commands.prepared import Prepared, Work, run_prepared
from services.registry.wiring import Front
from shared.access import Principal
from shared.http import Answered


def post_prepared(front: Front, prepare: Callable[[], Prepared]) -> Answered:
    """Run a prepared command for the present request. Raises what it refuses, and Busy."""

    def post(work: Work) -> Answered:
        return front.once.post(lambda unit: Answered(201, work(unit)["_id"], 1))

    return run_prepared(post, prepare)


def form_again(front: Front, who: Principal, branch: str) -> None:
    """Bring the households of the township of this branch up to date. After the commit, also of a repetition: what a kill in
    between left out is done by the next of these, or by the next import."""
    form_township(front.desk, who.account, "/".join(branch.split("/")[:2]))
