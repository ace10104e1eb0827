"""`make demo`: installs nothing, starts everything, plays the month, shows the proof, leaves the page open."""

import json
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from deploy.local.demo.closing import prove
from deploy.local.demo.conductor import Conductor
from deploy.local.demo.processes import ROOT, County, lay_out, start_carrier, start_front, start_services
from deploy.local.demo.story import END, START, Story, install
from deploy.local.demo.telling import Teller
from deploy.local.stack import Stack
from deploy.local.stack.ports import first_free
from shared.errors import SpringrainError

RUN = ROOT / "run"


def main() -> int:
    """Run the demo. 0 when everything agreed."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    teller = Teller()
    try:
        teller.say("启动 MongoDB 和 RabbitMQ / starting MongoDB and RabbitMQ")
        with Stack.start(RUN / "stack") as stack:
            return _play(stack, teller, stop)
    except KeyboardInterrupt:
        teller.say("已停止 / stopped")
        return 130
    except SpringrainError as error:
        teller.say(f"出错 / {error}")
        return 1


def _play(stack: Stack, teller: Teller, stop: threading.Event) -> int:
    seed = os.environ.get("SEED") or "7"
    county = lay_out(RUN, stack, first_free(int(os.environ.get("PORT") or 8080)), seed, START)
    story = _open(county, teller, seed)
    teller.say("导入三份名册 / importing the township's three rosters")
    story.import_rosters()
    story.record_checks()
    story.pair()
    story.give_phones()
    teller.say("播放 2026 年 9 月 / playing September 2026, a month of care in one township")
    story.play_until(END)
    teller.say("出示证据 / showing the proof")
    found, faults = prove(story, teller)
    _tell(found, faults, story, teller)
    if not os.environ.get("EXIT"):
        teller.plain(f"\n页面开着 / the page is open: {county.url}   (Ctrl-C 停止 / stops everything)")
        stop.wait()
    return 0 if not faults else 1


def _open(county: County, teller: Teller, seed: str) -> Story:
    start_front(county)
    admin = install(county)
    start_carrier(county, seed)
    start_services(county)
    teller.say(f"页面已开 / the page is open: {county.url}")
    story = Story(county, Conductor(county), teller, seed)
    story.open_county(admin)
    return story


def _tell(found: dict[str, Any], faults: list[str], story: Story, teller: Teller) -> None:
    (RUN / "summary.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    teller.plain(json.dumps(found, ensure_ascii=False, indent=1))
    for fault in faults:
        teller.plain(f"不一致 / does not agree: {fault}")
    teller.plain("\n登录 / sign in:")
    for user in story.users:
        teller.plain(f"  {user.role:<14} {user.name:<12} {user.password:<16} {user.what}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
