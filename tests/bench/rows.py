"""What a suite measured: rows, their table, and their place in bench/latest.json (DESIGN.md, section 7)."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

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
    """What it ran on, without the machine's name."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def replace_rows(suite: str, rows: Sequence[Row], latest: Path = LATEST) -> None:
    """Put these rows in place of the suite's earlier ones."""
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
            "machine": machine(),
            "at": at,
        }
        for row in rows
    ]
    latest.parent.mkdir(exist_ok=True)
    latest.write_text(json.dumps(kept + fresh, ensure_ascii=False, indent=1) + "\n", "utf-8")


def print_table(rows: Sequence[Row]) -> None:
    """One line a figure."""
    width = max((len(row.measure) for row in rows), default=0)
    for row in rows:
        goal = "" if row.goal is None else f"goal {row.goal:g}: {'held' if row.holds else 'MISSED'}"
        print(f"  {row.measure:<{width}}  {row.value:>10.1f} {row.unit:<9} {goal}".rstrip(), flush=True)
