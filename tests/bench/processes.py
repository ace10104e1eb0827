"""What processes use, as the kernel counts it: memory now, and processor time with their children. Linux only."""

import os
import resource
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
EVERY_SECONDS = 0.25


def memory_mib(pid: int) -> float:
    """Resident memory of one process, in MiB."""
    lines = (PROC / str(pid) / "status").read_text("ascii", "replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and, unless it is this one, of those it started that still run, in seconds."""
    children = [] if pid == os.getpid() else (PROC / str(pid) / "task" / str(pid) / "children").read_text("ascii").split()
    fields = (PROC / str(pid) / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS + sum(cpu_seconds(int(child)) for child in children)


@contextmanager
def memory_watched(pid: int) -> Iterator[list[float]]:
    """Samples of one process's memory in MiB, four a second, while the block lasts."""
    samples = [memory_mib(pid)]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(EVERY_SECONDS):
            samples.append(memory_mib(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()


@contextmanager
def cpu_shares(pids: Mapping[str, int]) -> Iterator[dict[str, float]]:
    """Filled at the end of the block: how many percent of the processor time of all of them each took meanwhile."""
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    shares: dict[str, float] = {}
    yield shares
    spent = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    shares.update((name, 100 * used / sum(spent.values())) for name, used in spent.items())


@contextmanager
def others_watched() -> Iterator[list[float]]:
    """Filled at the end of the block: how many percent of the machine's processors others than we kept busy meanwhile.

    Ours is what this process used and what those of its processes used that have ended by then.
    """
    busy, total, ours = *_machine_seconds(), _our_seconds()
    found: list[float] = []
    yield found
    busy_now, total_now = _machine_seconds()
    found.append(100 * max(0.0, busy_now - busy - (_our_seconds() - ours)) / (total_now - total))


def _machine_seconds() -> tuple[float, float]:
    """Busy and all, since it started: idle and waiting for the disk are not busy, time taken by its host is."""
    fields = [int(word) / TICKS for word in (PROC / "stat").read_text("ascii").splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def _our_seconds() -> float:
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def growth(samples: list[float]) -> float:
    """MiB between the middle of the second quarter and the middle of the last: what goes on growing, not what warms up."""
    quarter = max(1, len(samples) // 4)
    return _middle(samples[-quarter:]) - _middle(samples[quarter : 2 * quarter] or samples)


def _middle(samples: list[float]) -> float:
    return sorted(samples)[len(samples) // 2]
