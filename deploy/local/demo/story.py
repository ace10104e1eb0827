"""The month of care as a newcomer watches it, step by step. Everything goes through the front, as people's work would."""

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from deploy.local.demo import cast
from deploy.local.demo.cast import User
from deploy.local.demo.conductor import Conductor
from deploy.local.demo.front import Front
from deploy.local.demo.player import Player
from deploy.local.demo.processes import ROOT, County
from deploy.local.demo.telling import Teller
from shared.clock import at_county, county_day

FIRST_DAY, LAST_DAY = date(2026, 9, 1), date(2026, 9, 30)
END = at_county(LAST_DAY, 23, 59)
START = at_county(date(2026, 8, 31), 9)
ROSTERS = ("文港镇老人花名册.xlsx", "文港镇留守儿童信息表.csv", "文港镇志愿者名册.xlsx")
CHECKS_MISSING = 2
AUTHORITY = "进贤县公安局（演示）"
IMPORT_WITHIN_SECONDS = 120.0


@dataclass
class Story:
    """The demo's steps, in order. Each leaves what the next needs."""

    county: County
    conductor: Conductor
    teller: Teller
    seed: str
    users: list[User] = field(default_factory=list)
    fronts: dict[str, Front] = field(default_factory=dict)
    to_mend: Counter[str] = field(default_factory=Counter)
    player: Player | None = None
    township: str = ""

    def open_county(self, admin: User) -> None:
        """Sign in as the administrator; make one user of each role."""
        self.users.append(admin)
        front = self.fronts["administrator"] = cast.signed_in(self.county.url, admin)
        root = front.get("/api/v1/branches").body["items"][0]
        township = cast.branch_named(front, cast.TOWNSHIP, root["id"])
        village = cast.branch_named(front, cast.VILLAGE, township["id"])
        self.township = township["id"]
        for role, name, what, branch in (
            ("administrator", "xian2", "县管理员（第二人）", root),
            ("clerk", "wengang", f"{cast.TOWNSHIP}经办人", township),
            ("clerk", "qiantu", f"{cast.VILLAGE}儿童主任", village),
            ("supervisor", "dudao", f"{cast.TOWNSHIP}儿童督导员", township),
            ("inspector", "ducha", "县督查员", root),
            ("liaison", "qiye", "企业联络员", root),
        ):
            user = cast.add_user(front, role, name, what, branch["path"])
            self.users.append(user)
            self.fronts.setdefault(name, cast.signed_in(self.county.url, user))
        self.teller.say(f"县级账户已建立：{len(self.users)} 个角色账户 / accounts of every role made")

    def import_rosters(self) -> None:
        """Import the three rosters as the township sent them; keep each correction workbook."""
        clerk = self.fronts["wengang"]
        for name in ROSTERS:
            made = clerk.upload("/api/v1/rosters", name, (ROOT / "data" / "rosters" / name).read_bytes()).body
            done = self._imported(clerk, made["id"])
            self.to_mend.update(done["faults"])
            workbook = self.county.folder / f"订正表-{Path(name).stem}.xlsx"
            if done["faults"]:
                workbook.write_bytes(clerk.get(f"/api/v1/rosters/{made['id']}/corrections").raw)
            self.teller.say(
                f"  {name}: {done['rows']} 行, 登记 {done['registered']}, 拒绝 {done['refused']}, 待订正 {done['to_mend']}"
            )

    def _imported(self, clerk: Front, job: str) -> dict[str, Any]:
        deadline = time.monotonic() + IMPORT_WITHIN_SECONDS
        while time.monotonic() < deadline:
            found: dict[str, Any] = clerk.get(f"/api/v1/rosters/{job}").body
            if found["state"] in ("done", "failed"):
                return found
            self.teller.progress(found["done"], found["rows"], "导入 / importing")
            time.sleep(0.2)
        raise TimeoutError("the import did not end")

    def record_checks(self) -> None:
        """The county records who passed a check for offences; two are missing, and those two get no child."""
        admin = self.fronts["administrator"]
        volunteers = sorted(admin.pages("/api/v1/volunteers"), key=lambda v: str(v["number"]))
        for volunteer in volunteers[:-CHECKS_MISSING]:
            check = {"passed": True, "checked_on": "2026-06-15", "authority": AUTHORITY, "expires_on": "2027-06-14"}
            admin.post(f"/api/v1/volunteers/{volunteer['id']}/checks", check, revision=volunteer["revision"])
        self.teller.say(f"  {len(volunteers) - CHECKS_MISSING} 名志愿者已核查, {CHECKS_MISSING} 名未核查, 不接触未成年人")

    def pair(self) -> None:
        """Have pairings proposed, and accept them as the clerk."""
        clerk = self.fronts["wengang"]
        run = clerk.post("/api/v1/pairing-proposals", {"branch": self.township}).body
        clerk.post(f"/api/v1/pairing-proposals/{run['id']}/acceptance", {})
        self.teller.say(f"  {run['proposed']} 个结对已由经办人确认 / pairings accepted, {len(run['uncovered'])} 户暂无志愿者")

    def give_phones(self) -> None:
        """Each volunteer gets an account and a phone."""
        admin = self.fronts["administrator"]
        volunteers = sorted(admin.pages("/api/v1/volunteers"), key=lambda v: str(v["number"]))
        pairs = cast.give_phones(self.county.url, self.users[0], volunteers)
        self.users.append(pairs[0][0])
        clerk = self.fronts["wengang"]
        visitors = [visitor for _user, visitor in pairs]
        self.player = Player(self.seed, clerk, visitors, cast.homes_of(clerk), self.county.carrier_url)

    def play_until(self, end: datetime) -> None:
        """On to this instant of county time, from due instant to due instant."""
        assert self.player is not None
        shown = FIRST_DAY

        def seen(instant: Any) -> None:
            nonlocal shown
            today = county_day(instant)
            if today >= shown:
                self.teller.day(today, FIRST_DAY, LAST_DAY)
                shown = date.fromordinal(today.toordinal() + 1)

        self.conductor.play_until(end, self.player.act, seen)

    def erase_somebody(self) -> str:
        """One person asks to be forgotten: two people decide. Returns the person's id, when the key is gone."""
        person = min(self.fronts["wengang"].pages("/api/v1/people", kind="elder"), key=lambda p: str(p["number"]))
        asked = self.fronts["administrator"].post("/api/v1/erasures", {"person": person["id"], "ground": "request"}).body
        second = self.fronts["xian2"]
        found = second.get(f"/api/v1/erasures/{asked['id']}")
        second.post(f"/api/v1/erasures/{asked['id']}/approval", {}, revision=found.revision)
        deadline = time.monotonic() + 60
        while second.get(f"/api/v1/erasures/{asked['id']}").body["state"] != "done":
            if time.monotonic() > deadline:
                raise TimeoutError("the erasure did not end")
            time.sleep(0.2)
        return str(person["id"])


def install(county: County) -> User:
    """The very first step of an installation: the tree of branches and the first administrator, by the command line."""
    secret = cast.password()
    divisions = ROOT / "data" / "jinxian"
    command = [sys.executable, "-m", "services.cli", "install", "--administrator", "xian", "--json"]
    command += ["--townships", str(divisions / "townships.csv"), "--villages", str(divisions / "villages.csv")]
    environ = {**county.environ, "SPRINGRAIN_ADMIN_PASSWORD": secret}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"the installation failed: {done.stderr[-800:]}")
    json.loads(done.stdout)
    return User("administrator", "xian", secret, "县管理员")
