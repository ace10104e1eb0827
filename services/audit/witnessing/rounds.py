"""The rounds in which the worker asks witnesses to cosign the newest checkpoint (docs/operating.md, "Witnesses").

A loop of its own: intake and signing never wait for it. All are asked at once and about the same checkpoint, so that their
lines come together under one. Asked again each minute though nothing came: else the time in a cosignature grows old.
"""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from pymongo.errors import PyMongoError

from services.audit.commands.concerns import Matter
from services.audit.log.folder import LogStopped
from services.audit.model.policy import Policy
from services.audit.model.wrong import Wrong
from services.audit.watch.standing import Standing
from services.audit.witnessing.asking import DEADLINE_SECONDS, Candidate, Outcome
from services.audit.witnessing.cosigned import AWAY, CONTRADICTS, SIGNS, Cosigned
from services.audit.witnessing.turns import Gathered, Rounds, Turn
from shared.clock import MachineClock

log = structlog.get_logger()
LOOK_SECONDS = 1.0
LOG_CONTRADICTED = "log_contradicted"


class Witnessing:
    """All witnesses of the policy that have an address. For one thread."""

    def __init__(
        self,
        policy: Policy,
        turns: Sequence[Turn],
        newest: Callable[[], Candidate | None],
        cosigned: Cosigned,
        standing: Standing,
        clock: MachineClock,
        home: str,
        copy: Path,
    ) -> None:
        """`copy`: the file that always holds the newest cosigned checkpoint, for exports made without the database."""
        self._policy, self._turns, self._newest, self._cosigned = policy, turns, newest, cosigned
        self._standing, self._clock, self._home, self._copy = standing, clock, home, copy
        self._rounds, self._gathered = Rounds(turns), Gathered()

    def run(self, stop: threading.Event) -> None:
        """Ask until stopped."""
        forgotten = False
        while not stop.is_set():
            try:
                if not forgotten:
                    self._cosigned.forget_all_but({turn.asking.client.url for turn in self._turns})
                    forgotten = True
                self.round()
            except (PyMongoError, Wrong, LogStopped, OSError) as error:
                log.warning("witnessing_waits", error=type(error).__name__, why=str(error)[:200])
            stop.wait(LOOK_SECONDS)

    def round(self) -> None:
        """Ask whoever is due about the newest checkpoint; note and publish what came of it. At most some seconds."""
        candidate = self._newest()
        if candidate is None:
            return
        text, now = candidate.checkpoint.text(), self._clock.monotonic()
        due = self._rounds.due(text, now)
        if not due:
            return
        for turn in due:
            self._start(turn, candidate)
        until = time.monotonic() + DEADLINE_SECONDS + 1
        for turn in due:
            if turn.thread is not None:
                turn.thread.join(max(0.0, until - time.monotonic()))
            self._note(turn, candidate)
        self._publish(candidate)
        self._alarm(candidate)

    def _start(self, turn: Turn, candidate: Candidate) -> None:
        def work() -> None:
            try:
                turn.outcome = turn.asking.ask(candidate, lambda: self._newest() or candidate)
            except (LogStopped, PyMongoError) as error:
                turn.outcome = Outcome(AWAY, f"ourselves: {type(error).__name__}")

        turn.outcome = None
        turn.thread = threading.Thread(target=work, name=f"ask {turn.asking.client.url}", daemon=True)
        turn.thread.start()

    def _note(self, turn: Turn, candidate: Candidate) -> None:
        outcome, at, url = turn.outcome or Outcome(AWAY, "no end"), self._clock.now(), turn.asking.client.url
        said = {"names": list(turn.names), "state": outcome.state, "why": outcome.why, "asked_at": at}
        if outcome.state == SIGNS:
            self._gathered.add(candidate.checkpoint.text(), outcome.lines)
            said |= {"size": candidate.checkpoint.size, "signed_at": at}
        else:
            log.warning("witness_does_not_sign", witness=url, state=outcome.state, why=outcome.why)
        turn.settle(outcome, candidate.checkpoint.text(), self._clock.monotonic())
        self._cosigned.note_witness(url, said)
        if outcome.state == CONTRADICTS and (shown := outcome.evidence) is not None:
            log.error("log_contradicted", witness=url, kind=shown.kind, size=shown.checkpoint.size)
            self._cosigned.keep_evidence(url, shown.kind, shown.checkpoint, shown.note, at)

    def _publish(self, candidate: Candidate) -> None:
        if self._gathered.text != candidate.checkpoint.text() or not self._gathered.lines:
            return
        note = candidate.note + b"".join(line.line() for line in self._gathered.lines.values())
        try:
            seen = self._policy.check(note).seen
        except Wrong as error:
            if error.code != "quorum_not_met":
                log.error("policy_does_not_fit_the_log", why=str(error))
            return
        names = tuple(each.name.decode(errors="replace") for each in seen)
        draft = self._copy.with_name(self._copy.name + ".draft")
        draft.write_bytes(note)
        draft.replace(self._copy)
        self._cosigned.keep(candidate.checkpoint, note, str(candidate.keys[0]), names, self._clock.now())

    def _alarm(self, candidate: Candidate) -> None:
        found = self._cosigned.evidence(candidate.checkpoint.origin)
        matters = [
            Matter(
                LOG_CONTRADICTED,
                self._home,
                per=(each["url"], each["kind"]),
                shown={"why": each["kind"], "reason": each["url"]},
            )
            for each in found
        ]
        self._standing.settle(LOG_CONTRADICTED, matters)
