"""The end of the demo: the log is exported, checked, spoilt and checked again, one person erased, all figures compared."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from deploy.local.demo import proof
from deploy.local.demo.figures import read_figures
from deploy.local.demo.story import Story
from deploy.local.demo.summary import agree, summary
from deploy.local.demo.telling import Teller


def prove(story: Story, teller: Teller) -> tuple[dict[str, Any], list[str]]:
    """Show the proof and sum up. Returns the summary, and in words what does not agree."""
    folder = story.county.folder
    inspector = story.fronts["ducha"]
    story.conductor.wait_quiet()
    key = proof.export(inspector, folder / "log.tar")
    checked = proof.check(folder / "log.tar", key)
    teller.say(f"  单独的程序核验日志 / a separate process checks the log: {'holds' if checked.holds else 'FAILS'}")
    at = proof.flip_one_bit(folder / "log.tar", folder / "flipped.tar")
    flipped = proof.check(folder / "flipped.tar", key)
    where = flipped.report["findings"][0] if flipped.report["findings"] else {}
    teller.say(f"  改动一位 (字节 {at}) / one bit changed: found at {where.get('place')}, entry {where.get('entry')}")
    person = story.erase_somebody()
    told = _told_when_quiet(story)
    proof.export(inspector, folder / "log-after-erasure.tar")
    again = proof.check(folder / "log-after-erasure.tar", key)
    unreadable = _is_unreadable(story, person)
    teller.say(f"  删除一人后 / after erasing one person: log {'holds' if again.holds else 'FAILS'}, unreadable: {unreadable}")
    proofs = {
        "verified": checked.holds,
        "flip_found": not flipped.holds and bool(where),
        "erased_verified": again.holds and unreadable,
    }
    return _sum_up(story, folder / "log-after-erasure.tar", told, proofs, teller)


def _told_when_quiet(story: Story) -> dict[str, int]:
    """How many events each service told, all of which are in the log: before the export, which is told as well."""
    story.conductor.wait_quiet()
    reports = story.conductor.reports()
    return {name: sum(count for count, _sum in report["told"].values()) for name, report in reports.items()}


def _sum_up(
    story: Story, bundle: Path, told: dict[str, int], proofs: dict[str, bool], teller: Teller
) -> tuple[dict[str, Any], list[str]]:
    found = summary(read_figures(bundle), story.to_mend, told, proofs, teller.seconds())
    carrier = json.load(urllib.request.urlopen(f"{story.county.carrier_url}/state", timeout=10))
    assert story.player is not None
    faults = agree(found, carrier, story.player.done).faults
    return {**found, "agreed": not faults}, faults


def _is_unreadable(story: Story, person: str) -> bool:
    shown = story.fronts["administrator"].get(f"/api/v1/people/{person}").body
    return shown["state"] == "erased" and "name" not in shown
