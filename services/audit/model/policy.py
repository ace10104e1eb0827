"""Trust policies (c2sp.org/tlog-policy): which logs, which witnesses, and how many of them must have seen a checkpoint.

To the byte: a file other tools read must mean the same here. Names are octets and nothing else; URLs are kept, never used.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.audit.model.checkpoint import Checkpoint, parse_checkpoint
from services.audit.model.cosignature import (
    COSIGNATURE_MLDSA44,
    CosignatureVerifier,
    parse_cosigner,
    seconds_of,
)
from services.audit.model.note import Ed25519Verifier, Signature, Verifier, key_parts, open_note, parse_note, parse_verifier
from services.audit.model.wrong import Wrong

GREATEST_POLICY = 1 << 20
NONE = b"none"
_THRESHOLD = re.compile(rb"[1-9][0-9]{0,5}")
_CONTROLS = bytes(set(range(32)) - {9, 10}) + b"\x7f"

LogKey = Ed25519Verifier | CosignatureVerifier


@dataclass(frozen=True)
class Log:
    """A known log. Its key's name is its origin."""

    key: LogKey
    url: bytes = b""


@dataclass(frozen=True)
class Witness:
    """A known witness under its name in this policy."""

    name: bytes
    key: CosignatureVerifier
    url: bytes = b""


@dataclass(frozen=True)
class Group:
    """Has seen a checkpoint when at least `least` of its members have."""

    least: int
    members: tuple[bytes, ...]


@dataclass(frozen=True)
class Seen:
    """That a witness cosigned: when, in POSIX seconds (0: it makes no statement of time)."""

    name: bytes
    key: CosignatureVerifier
    seconds: int


@dataclass(frozen=True)
class Checked:
    """A checkpoint that holds under a policy, and every known witness that cosigned it, in the policy's order."""

    checkpoint: Checkpoint
    seen: tuple[Seen, ...]


@dataclass(frozen=True)
class Policy:
    """Logs, witnesses and groups by name, and whose word is enough (`quorum`, b"none" for nobody's)."""

    logs: tuple[Log, ...]
    witnesses: Mapping[bytes, Witness]
    groups: Mapping[bytes, Group]
    quorum: bytes

    def check(self, note: bytes, logs: Sequence[LogKey] = ()) -> Checked:
        """The checkpoint in a note, and which witnesses signed it.

        `logs` are accepted beside the policy's own; with none at all the log's signature is for the caller to check.
        Raises Wrong: `no_known_signature` when no accepted log signed, `another_log`, `signature_wrong` when the line of
        any known key does not hold, `quorum_not_met` with how many signed.
        """
        checkpoint = parse_checkpoint(parse_note(note).text)
        accepted = [*(log.key for log in self.logs), *logs]
        ours = [key for key in accepted if key.name == checkpoint.origin]
        if accepted and not ours:
            raise Wrong("another_log", checkpoint.origin)
        if ours:
            open_note(note, ours)
        seen = self._seen(note)
        if not self._met(self.quorum, {each.name for each in seen}):
            raise Wrong("quorum_not_met", f"{len(seen)} of {len(self.witnesses)} known witnesses signed")
        return Checked(checkpoint, seen)

    def _seen(self, note: bytes) -> tuple[Seen, ...]:
        keys: list[Verifier] = [witness.key for witness in self.witnesses.values()]
        try:
            good = open_note(note, keys).signatures
        except Wrong as error:
            if error.code != "no_known_signature":
                raise
            good = ()
        found = [(witness, _latest(witness.key, good)) for witness in self.witnesses.values()]
        return tuple(Seen(witness.name, witness.key, at) for witness, at in found if at is not None)

    def _met(self, name: bytes, seen: set[bytes]) -> bool:
        if name == NONE or name in seen:
            return True
        group = self.groups.get(name)
        return group is not None and sum(self._met(each, seen) for each in group.members) >= group.least


def parse_policy(text: bytes) -> Policy:
    """Read a policy file. Raises Wrong(`policy`) with the line that is not as the page says."""
    if len(text) > GREATEST_POLICY:
        raise Wrong("policy", "too large")
    if text and not text.endswith(b"\n"):
        raise Wrong("policy", "the last line does not end: cut short?")
    if text != text.translate(None, _CONTROLS):
        raise Wrong("policy", "holds a control character; lines end with a newline alone")
    reading = _Reading()
    for number, line in enumerate(text.split(b"\n"), 1):
        words = line.replace(b"\t", b" ").split(b" ")
        words = [word for word in words if word]
        if words and not words[0].startswith(b"#"):
            try:
                reading.take(words[0], words[1:])
            except Wrong as error:
                raise Wrong("policy", f"line {number}: {error}") from None
    return reading.done()


def policy_of(witnesses: Sequence[CosignatureVerifier], least: int | None = None) -> Policy:
    """A policy of these witnesses alone, `least` of which must have signed (all, when not said). Raises Wrong."""
    if not witnesses:
        return Policy((), {}, {}, NONE)
    names = [str(number).encode() for number in range(1, len(witnesses) + 1)]
    count = len(witnesses) if least is None else least
    if not 1 <= count <= len(witnesses) or len({key.public for key in witnesses}) < len(witnesses):
        raise Wrong("policy", f"{count} of {len(witnesses)} witnesses, each once")
    known = {name: Witness(name, key) for name, key in zip(names, witnesses, strict=True)}
    return Policy((), known, {b"all": Group(count, tuple(names))}, b"all")


def parse_log_key(text: str) -> LogKey:
    """Read a log's verifier key: Ed25519 (01), or ML-DSA-44 (06) as tlog-checkpoint recommends. Raises Wrong."""
    return parse_cosigner(text) if key_parts(text)[1] == COSIGNATURE_MLDSA44 else parse_verifier(text)


@dataclass
class _Reading:
    """A policy while its lines are read."""

    logs: list[Log] = field(default_factory=list)
    witnesses: dict[bytes, Witness] = field(default_factory=dict)
    groups: dict[bytes, Group] = field(default_factory=dict)
    members: set[bytes] = field(default_factory=set)
    quorum: bytes | None = None

    def take(self, kind: bytes, words: list[bytes]) -> None:
        """One line."""
        lines = {b"log": self._log, b"witness": self._witness, b"group": self._group, b"quorum": self._quorum}
        if kind not in lines:
            raise Wrong("unknown_line")
        lines[kind](words)

    def done(self) -> Policy:
        """The policy, when it says whose word is enough."""
        if self.quorum is None:
            raise Wrong("policy", "no quorum line")
        return Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum)

    def _log(self, words: list[bytes]) -> None:
        _between(words, 1, 2)
        key = parse_log_key(_text(words[0]))
        if any(log.key.public == key.public for log in self.logs):
            raise Wrong("log_twice")
        self.logs.append(Log(key, *words[1:]))

    def _witness(self, words: list[bytes]) -> None:
        _between(words, 2, 3)
        key = parse_cosigner(_text(words[1]))
        if any(witness.key.public == key.public for witness in self.witnesses.values()):
            raise Wrong("witness_twice")
        self._free(words[0])
        self.witnesses[words[0]] = Witness(words[0], key, *words[2:])

    def _group(self, words: list[bytes]) -> None:
        if len(words) < 3:
            raise Wrong("words")
        name, least, *members = words
        self._free(name)
        if len(set(members)) < len(members) or self.members & set(members):
            raise Wrong("member_twice")
        for member in members:
            self._defined(member)
        self.groups[name] = Group(_least(least, len(members)), tuple(members))
        self.members.update(members)

    def _quorum(self, words: list[bytes]) -> None:
        _between(words, 1, 1)
        if self.quorum is not None:
            raise Wrong("quorum_twice")
        if words[0] != NONE:
            self._defined(words[0])
        self.quorum = words[0]

    def _free(self, name: bytes) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Wrong("name_taken")

    def _defined(self, name: bytes) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Wrong("name_unknown")


def _least(word: bytes, count: int) -> int:
    if word in (b"all", b"any"):
        return count if word == b"all" else 1
    if not _THRESHOLD.fullmatch(word) or int(word) > count:
        raise Wrong("threshold")
    return int(word)


def _latest(key: CosignatureVerifier, good: Sequence[Signature]) -> int | None:
    times = [seconds_of(each.value) for each in good if (each.name, each.key_id) == (key.name, key.key_id)]
    return max(times, default=None)


def _between(words: list[bytes], least: int, most: int) -> None:
    if not least <= len(words) <= most:
        raise Wrong("words")


def _text(word: bytes) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError as error:
        raise Wrong("key_form") from error
