"""Puts the asking of witnesses together from SPRINGRAIN_WITNESSES: a trust policy whose witnesses have addresses.

The same file an inspector checks with. Several keys of one address are one witness here; in the policy a group says so.
"""

from collections.abc import Sequence
from pathlib import Path

from services.audit.log.recovery import Place
from services.audit.model.checkpoint import open_checkpoint
from services.audit.model.policy import Policy, Witness, parse_log_key, parse_policy
from services.audit.model.wrong import Wrong
from services.audit.store import LogStore
from services.audit.watch.standing import Standing
from services.audit.witnessing.asking import Asking, Candidate
from services.audit.witnessing.client import WitnessClient
from services.audit.witnessing.cosigned import Cosigned
from services.audit.witnessing.rounds import Witnessing
from services.audit.witnessing.turns import Turn
from shared.errors import ConfigError
from shared.runtime import Runtime

SETTING = "SPRINGRAIN_WITNESSES"


def witnessing_of(runtime: Runtime, place: Place, standing: Standing) -> Witnessing | None:
    """The rounds of this county; None when no witness is set. Raises ConfigError for a file that is no policy."""
    path = runtime.settings.witnesses
    if path is None:
        return None
    policy = read_policy(path)
    tiles, clock, store = place.reader(), runtime.machine_clock, LogStore(runtime.database)
    turns = [
        Turn(Asking(client, [each.key for each in several], tiles, clock.now), tuple(_name(each) for each in several))
        for client, several in by_address(policy)
    ]
    cosigned = Cosigned(runtime.database)
    return Witnessing(policy, turns, lambda: newest_of(store), cosigned, standing, clock, runtime.home, place.cosigned)


def offices_of(runtime: Runtime) -> Sequence[tuple[WitnessClient, list[Witness]]]:
    """The witnesses of this county by their addresses; none when none is set. Raises ConfigError."""
    path = runtime.settings.witnesses
    return by_address(read_policy(path)) if path else []


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises ConfigError that names the setting and the line."""
    try:
        return parse_policy(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{SETTING}: the file cannot be read") from error
    except Wrong as error:
        raise ConfigError(f"{SETTING}: {error}") from None


def newest_of(store: LogStore) -> Candidate | None:
    """The newest signed checkpoint and this log's keys; None before the first entry. Raises Wrong for a spoiled row."""
    row = store.state()
    if row is None or not row["signed"]:
        return None
    keys = tuple(parse_log_key(key) for key in [*row.get("keys", [row["key"]]), *row.get("retired", ())])
    note = bytes(row["note"])
    return Candidate(open_checkpoint(note, keys, row["origin"]), note, keys)


def by_address(policy: Policy) -> Sequence[tuple[WitnessClient, list[Witness]]]:
    """Whom to ask: the witnesses that have an address, those of one address together. Raises ConfigError."""
    by_url: dict[str, list[Witness]] = {}
    for witness in policy.witnesses.values():
        if witness.url:
            by_url.setdefault(witness.url.decode(errors="replace").rstrip("/"), []).append(witness)
    try:
        return [(WitnessClient(url), several) for url, several in by_url.items()]
    except ValueError:
        raise ConfigError(f"{SETTING}: the address of a witness is no http or https address") from None


def _name(witness: Witness) -> str:
    return witness.name.decode(errors="replace")
