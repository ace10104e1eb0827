"""How the demo speaks to the person at the terminal: plain lines with the seconds since the start, and a bar for the month."""

import sys
import time
from datetime import date
from typing import TextIO

WIDTH = 30


class Teller:
    """Writes lines; on a terminal also a bar that stays on one line. For one thread."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out, self._began, self._bar = out, time.monotonic(), False

    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """One line."""
        self._end_bar()
        print(f"[{self.seconds():5.1f} s] {text}", file=self._out, flush=True)

    def plain(self, text: str) -> None:
        """Lines without the seconds."""
        self._end_bar()
        print(text, file=self._out, flush=True)

    def progress(self, done: int, total: int, text: str) -> None:
        """A bar on a terminal; nothing elsewhere (`day` tells there)."""
        if self._out.isatty():
            filled = WIDTH * done // max(total, 1)
            print(f"\r[{self.seconds():5.1f} s] {'█' * filled}{'░' * (WIDTH - filled)} {text:<40}", end="", file=self._out)
            self._out.flush()
            self._bar = True

    def day(self, today: date, first: date, last: date) -> None:
        """A day of the month begins."""
        done, total = (today - first).days + 1, (last - first).days + 1
        self.progress(done, total, f"{today:%Y-%m-%d}")
        if not self._out.isatty() and done % 5 == 1:
            self.say(f"  {today:%Y-%m-%d}")

    def _end_bar(self) -> None:
        if self._bar:
            print(file=self._out)
            self._bar = False
