"""Who told which revision where, for ten million entries in little memory: laid into parts by subject, judged by part.

Small logs stay in memory; larger parts go to temporary files that vanish with the process.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from zlib import crc32

from services.audit.model.chain import Hole, Twice, faults_of_chain

PARTS = 64
IN_MEMORY = 1 << 18
_PENDING = 256


def _fresh() -> SpooledTemporaryFile[bytes]:
    return SpooledTemporaryFile(IN_MEMORY, "w+b")


class Rows:
    """Rows of (key, text), given back so that all of one key come from one part."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._files: dict[int, SpooledTemporaryFile[bytes]] = {}
        self._pending: list[list[str]] = [[] for _ in range(PARTS)]

    def add(self, key: str, text: str) -> None:
        """Lay down one row. The key holds no tab and no newline; the text may hold tabs."""
        part = crc32(key.encode()) % PARTS
        pending = self._pending[part]
        pending.append(f"{key}\t{text}\n")
        if len(pending) == _PENDING:
            self._flush(part)

    def parts(self) -> Iterator[Iterator[list[str]]]:
        """Each part's rows, split at the tabs, in the order they came."""
        for part in range(PARTS):
            yield (line[:-1].split("\t") for line in self._lines(part))

    def _lines(self, part: int) -> Iterator[str]:
        if part in self._files:
            self._files[part].seek(0)
            yield from (line.decode() for line in self._files[part])
        yield from self._pending[part]

    def _flush(self, part: int) -> None:
        if part not in self._files:
            self._files[part] = self._stack.enter_context(_fresh())
        self._files[part].write("".join(self._pending[part]).encode())
        self._pending[part].clear()


class Spill:
    """Collects (event id, subject, revision, entry), then tells what is wrong with the ids and the chains."""

    def __init__(self, stack: ExitStack) -> None:
        self._ids = Rows(stack)
        self._chains = Rows(stack)
        self.subjects = 0
        self.whole = 0

    def add(self, event_id: str, subject: str, revision: int, entry: int, slot: int = 0) -> None:
        """One entry. `slot` is given back by `twice` when the id was used before."""
        self._ids.add(event_id, f"{entry}\t{slot}")
        self._chains.add(subject, f"{revision}\t{entry}")

    def faults(self) -> Iterator[Hole | Twice]:
        """Every hole and every revision told twice. Counts `subjects`, and those without a hole, on the way."""
        for rows in self._chains.parts():
            told: dict[str, list[tuple[int, int]]] = {}
            for subject, revision, entry in rows:
                told.setdefault(subject, []).append((int(revision), int(entry)))
            self.subjects += len(told)
            for subject, chain in told.items():
                faults = faults_of_chain(subject, chain)
                self.whole += not any(isinstance(fault, Hole) for fault in faults)
                yield from faults

    def twice(self) -> Iterator[tuple[Twice, int]]:
        """Every entry that uses an event id again (revision 0), with its slot."""
        for rows in self._ids.parts():
            first: dict[str, str] = {}
            for event_id, entry, slot in rows:
                if first.setdefault(event_id, entry) != entry:
                    yield Twice(event_id, 0, int(first[event_id]), int(entry)), int(slot)
