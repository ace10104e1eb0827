"""What a suite measured: rows, their table, and their place in bench/latest.json (docs/design.md, section 7)."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

CPUINFO = Path("/proc/cpuinfo")
WIDTH = 62
"""Of the longest measure's name, more or less."""
LATEST = Path(__file__).parents[2] / "bench" / "latest.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. Without a `goal` it is only printed; `better` says on which side of its goal it must lie."""

    measure: str
    value: float
    unit: str
    goal: float | None = None
    better: Literal["more", "less"] = "more"

    @property
    def holds(self) -> bool | None:
        """Whether the goal was reached; None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.better == "more" else self.value <= self.goal


def machine() -> str:
    """What it runs on: processor, cores this process may use, memory, system, and how busy others keep it, asked before
    a suite begins: figures taken beside other work speak of that work too. Never the machine's name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{_processor()}, {cores} cores, {memory:.1f} GiB, {system}, load before {os.getloadavg()[0]:.1f}"


def _processor() -> str:
    """The model as Linux names it; where it names none (some ARM boards), the architecture."""
    lines = CPUINFO.read_text("utf-8").splitlines() if CPUINFO.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def replace_rows(suite: str, rows: Sequence[Row], on: str, latest: Path = LATEST) -> None:
    """Put these rows in place of the suite's earlier ones. `on`: the machine, as `machine` named it at the beginning."""
    kept = [row for row in json.loads(latest.read_text("utf-8")) if row["suite"] != suite] if latest.exists() else []
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fresh = [
        {
            "suite": suite,
            "measure": row.measure,
            "value": round(row.value, 2),
            "unit": row.unit,
            "goal": row.goal,
            "holds": row.holds,
            "machine": on,
            "at": at,
        }
        for row in rows
    ]
    latest.parent.mkdir(exist_ok=True)
    latest.write_text(json.dumps(kept + fresh, ensure_ascii=False, indent=1) + "\n", "utf-8")


def print_row(row: Row) -> None:
    """One line, as soon as the figure is there."""
    goal = "" if row.goal is None else f"goal {row.goal:g}: {'held' if row.holds else 'MISSED'}"
    print(f"  {row.measure:<{WIDTH}}  {row.value:>10.1f} {row.unit:<10} {goal}".rstrip(), flush=True)
