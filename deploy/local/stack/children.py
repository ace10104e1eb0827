"""Processes that never outlive the one that started them.

Each child leads a process group of its own (a Ctrl-C at the terminal reaches the parent only, which then stops its
children in order) and asks the kernel for a signal when the parent dies, even by SIGKILL. A process is only ever
ended by an id we were given when we started it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from deploy.local.stack.waiting import NotReady, wait_until

_LOG_TAIL = 2_000  # characters of the log that an error shows


class Child:
    """One running process and its group. Made by `Children.start`."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.pid = process.pid
        self.log = log
        self._process = process

    def running(self) -> bool:
        """Whether the process still runs. Leaves its id taken, so that the group can still be named by it."""
        if self._process.returncode is not None:
            return False
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None

    def exit_status(self) -> int | None:
        """Its exit status as `subprocess` gives it (negative: ended by that signal), None while it runs."""
        return None if self.running() else self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal (SIGSTOP, SIGCONT, SIGHUP, ...) to the process alone; nothing when it has ended."""
        if self.running():
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL the whole group, as a crash would, and wait until the process is gone."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self, within: float = 10.0) -> None:
        """SIGTERM, wait up to `within` seconds, then SIGKILL what is left of the group. Stopping twice is fine."""
        stop_together([self], within)

    def wait_ready(self, ready: Callable[[], bool], within: float) -> None:
        """Wait until `ready()`; NotReady with the end of the log when the process ends or `within` seconds pass."""

        def ready_or_ended() -> bool:
            if not self.running():
                raise NotReady(f"{self.name} ended while starting (exit status {self.exit_status()})")
            return ready()

        try:
            wait_until(ready_or_ended, f"{self.name} ready", within)
        except NotReady as error:
            raise NotReady(f"{error.message}\n{self.log}:\n{self._end_of_log()}") from None

    def _end_of_log(self) -> str:
        return self.log.read_text("utf-8", "replace")[-_LOG_TAIL:] if self.log.exists() else ""


class Children:
    """Starts processes for one owner and stops them all.

    All are forked by one thread that lives as long as this object: the kernel takes the *thread* that forked for the
    parent, so a child started from a short-lived thread would be killed with it. Safe to use from several threads.
    """

    def __init__(self, logs: Path) -> None:
        """`logs` is the directory that gets `<name>.log` of each child, appended to over restarts."""
        self._logs = logs
        self._started: list[Child] = []
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        umask: int = -1,
        when_orphaned: signal.Signals = signal.SIGKILL,
    ) -> Child:
        """Start `command` under `name`; returns at once. `env` replaces the environment.

        `when_orphaned` is the signal it gets when we die: SIGTERM for a master that ends its own workers (nginx,
        gunicorn), SIGKILL for what may crash at any time.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        guarded = ["setpriv", "--pdeathsig", when_orphaned.name.removeprefix("SIG"), "--", *command]

        def spawn() -> subprocess.Popen[bytes]:
            with log.open("ab") as out:
                return subprocess.Popen(
                    guarded,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env=dict(os.environ if env is None else env),
                    cwd=cwd,
                    umask=umask,
                )

        child = Child(name, self._spawner.submit(spawn).result(), log)
        self._started.append(child)
        return child

    def running(self) -> list[Child]:
        """Those that run now, in the order they were started."""
        return [child for child in self._started if child.running()]

    def stop(self, within: float = 10.0) -> None:
        """Stop all, the last started first, each with its own deadline of `within` seconds."""
        for child in reversed(self._started):
            child.stop(within)
        self._started.clear()


def stop_together(children: Iterable[Child], within: float = 10.0) -> None:
    """SIGTERM to all at once, wait up to `within` seconds for all of them, then SIGKILL what is left of each group."""
    stopping = list(children)
    for child in stopping:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + within
    for child in stopping:
        while child.running() and time.monotonic() < deadline:
            time.sleep(0.02)
        child.kill()


def system_path() -> str:
    """PATH with the places where a distribution puts servers: an ordinary user's has no /usr/sbin."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
