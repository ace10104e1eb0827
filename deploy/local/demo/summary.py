"""The summary: figures from the log, held against what services, carrier and player say themselves. Agreed, or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.local.demo.figures import LogFigures

KINDS = (
    "id_missing",
    "id_float",
    "id_checksum",
    "sex_conflict",
    "phone_short",
    "phone_missing",
    "name_missing",
    "guardian_missing",
    "duplicate_of_previous",
)


@dataclass
class Agreement:
    """Collects what must be equal; `faults` says in words what is not."""

    faults: list[str] = field(default_factory=list)

    def same(self, what: str, one: Any, other: Any) -> None:
        """Two figures of the same thing."""
        if one != other:
            self.faults.append(f"{what}: {one} != {other}")

    def holds(self, what: str, truth: bool) -> None:
        """Something that must be true."""
        if not truth:
            self.faults.append(what)


def summary(
    log: LogFigures, to_mend: Mapping[str, int], told: Mapping[str, int], proofs: Mapping[str, bool], seconds: float
) -> dict[str, Any]:
    """The summary as it stands in `run/summary.json`, `agreed` still to be set."""
    return {
        "recipients": len(log.recipients),
        "households": log.count("household.formed.v1"),
        "volunteers": log.count("volunteer.registered.v1"),
        "pairings": log.count("pairing.formed.v1"),
        "import": {
            "rows": log.imported["rows"],
            "refused": log.imported["refused"],
            "to_mend": {kind: to_mend.get(kind, 0) for kind in KINDS if to_mend.get(kind)},
        },
        "visits": {
            **{word: log.count(f"visit.{word}.v1") for word in ("planned", "completed", "confirmed", "disputed", "missed")},
            "not_covered": log.not_covered,
        },
        "look_ins": {"asked": log.count("look_in.asked.v1"), "answered": log.count("look_in.told_back.v1")},
        "messages": {
            **{word: log.count(f"message.{word}.v1") for word in ("submitted", "delivered", "failed")},
            "answers": log.count("answer.received.v1"),
        },
        "events": dict(told),
        "audit": {"entries": dict(log.by_source), "size": log.size, "holes": log.holes, **proofs},
        "seconds": round(seconds, 1),
    }


def agree(found: dict[str, Any], carrier: Mapping[str, Any], player: Mapping[str, int]) -> Agreement:
    """Hold the figures against each other. The carrier counts messages by itself, the player counts visits by itself."""
    agreement = Agreement()
    audit = found["audit"]
    for service, told in found["events"].items():
        agreement.same(f"events told by {service} and logged", told, audit["entries"].get(service, 0))
    agreement.same("size of the log", audit["size"], sum(audit["entries"].values()))
    agreement.same("holes", audit["holes"], 0)
    for proof in ("verified", "flip_found", "erased_verified"):
        agreement.holds(f"{proof} is not so", bool(audit[proof]))
    agreement.same("visits reported and completed", player["completed"], found["visits"]["completed"])
    for word in ("submitted", "delivered", "failed"):
        agreement.same(f"messages {word}, carrier and log", carrier[word], found["messages"][word])
    return agreement
