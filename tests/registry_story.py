"""What a registry does in a test before and after a backup is taken: a bit of everything, by its API and its own loops."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from werkzeug.test import TestResponse

from services.audit import store as log_store
from services.audit.wiring import log_answers, log_of
from services.registry.commands.erasures import Erasures
from services.registry.commands.importing.run import UNDER_WAY, Imports
from services.registry.worker import duties
from shared.access import Role
from shared.clock import to_wire
from shared.ids import new_id
from shared.messaging.follows import county_topology
from tests.county import County
from tests.eventually import eventually
from tests.registry_office import ROOT, TOWNSHIP, VILLAGE, Office, roster_of_elders
from tests.told import told_events
from tests.unit.registry.roster_files import CHILDREN, VOLUNTEERS, elder, id_number

Doc = dict[str, Any]
PHONE, NEW_PHONE = "13912340001", "13912340002"
TOPOLOGY = county_topology()
CHECK = {"checked_on": "2026-01-05", "authority": "进贤县公安局", "expires_on": "2099-01-05"}


def log_kept(county: County) -> AbstractContextManager[None]:
    """The log is written and answers."""
    audit = county.service("audit")
    log_store.prepare(audit.database)
    loops = {"log": log_of(audit).run, "log_answers": log_answers(audit).run}
    kept: AbstractContextManager[None] = county.working(audit, TOPOLOGY, roles=("own",), loops=loops)
    return kept


@contextmanager
def registry_at_work(office: Office, *roles: str) -> Iterator[None]:
    """The registry's worker as it is wired."""
    mine, runtime = duties(office.desk), office.county.service("registry")
    more = {"loops": mine.loops, "recall": mine.recall, "after_recall": mine.after_recall}
    with office.county.working(runtime, TOPOLOGY, mine.handlers, roles or ("relay", "consumer", "own"), **more):
        yield


@contextmanager
def others_listen(office: Office) -> Iterator[None]:
    """Scheduler and notifier follow the registry's chains; what they do with it is shown elsewhere."""
    scheduler, notifier = office.county.service("scheduler"), office.county.service("notifier")
    with (
        office.county.working(scheduler, TOPOLOGY, roles=("consumer",)),
        office.county.working(notifier, TOPOLOGY, roles=("consumer", "relay")),
    ):
        yield


def all_told(office: Office) -> None:
    """Waits until the log has everything the registry told."""
    entries = office.county.service("audit").database["entries"]

    def logged() -> bool:
        told = {row["id"] for row in told_events(office.desk.database)}
        return told == set(entries.distinct("event", {"service": "registry"}))

    eventually(logged, "the log has all that was told", within=40, every=0.2)


def children() -> bytes:
    """The first rows of the children's roster, with what is wrong in them."""
    return b"\n".join((ROOT / "data/rosters" / CHILDREN).read_bytes().split(b"\n")[:30]) + b"\n"


def volunteers() -> bytes:
    """The volunteers' roster."""
    return (ROOT / "data/rosters" / VOLUNTEERS).read_bytes()


def import_all(office: Office) -> None:
    """Run what was sent in."""
    imports, jobs = Imports(office.desk), office.desk.database["rosters"]
    while jobs.count_documents({"state": {"$in": UNDER_WAY}}):
        imports.step(threading.Event())  # tried again when somebody registers people at that moment


def made(answer: TestResponse) -> Doc:
    """The answer to a request that must be granted."""
    assert answer.status_code in (200, 201, 202), answer.text
    found: Doc = answer.get_json()
    return found


def at(revision: int) -> dict[str, str]:
    """The revision as the caller has seen it."""
    return {"If-Match": f'"{revision}"'}


def patch(office: Office, who: str, path: str, body: Any, revision: int) -> Doc:
    """Change a thing."""
    return made(office.client().patch(path, json=body, headers=office.headers(who) | at(revision)))


def registered(office: Office, name: str, **fields: Any) -> Doc:
    """A new elder of the village."""
    body = {"kind": "elder", "branch": office.branch_id(VILLAGE), "name": name, "categories": ["living_alone"], **fields}
    return made(office.post("clerk", "/api/v1/people", body))


def person(office: Office, id_: str) -> Doc:
    """Their document."""
    row = office.desk.database["people"].find_one({"_id": id_})
    assert row is not None
    return row


def erase(office: Office, id_: str) -> str:
    """Asked by the clerk, agreed to by the supervisor; not yet done."""
    asked = made(office.post("clerk", "/api/v1/erasures", {"person": id_, "ground": "request"}))
    made(office.post("super", f"/api/v1/erasures/{asked['id']}/approval", {}, **at(1)))
    return str(asked["id"])


def answered(office: Office, type_: str, id_: str, **data: str) -> None:
    """The notifier tells of a number."""
    notifier = office.county.service("notifier")
    told = {"subject": new_id(), "revision": 1, "branch": notifier.home, "actor": "system:notifier"}
    notifier.units.run(lambda unit: unit.tell(type_, **told, data={"person": id_, **data}))


class Story:
    """What is done before the backup and after it."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def before(self) -> None:
        """What the backup has."""
        office = self.office
        self.leaver = office.account("leaver", Role.CLERK, TOWNSHIP)
        self.changer = office.account("changer", Role.CLERK, TOWNSHIP)
        one = elder(姓名="林梅", 身份证号码=id_number(serial="157"))
        other = elder(姓名="林松", 身份证号码=id_number(serial="159"), 子女联系电话="13900002222")
        office.upload("clerk", "文港镇老人花名册.xlsx", roster_of_elders(one, other))
        import_all(office)
        self.changed, self.erased, self.asked, self.ended, self.held = (
            registered(office, name, phones=[f"1381234000{n}"], note="门口有狗")["id"]
            for n, name in enumerate(("万桂英", "段秋香", "付细妹", "梁金莲", "陶兰花"))
        )
        self.kin = self._relative(self.changed, "万海燕", PHONE)
        self.asked_of_old = made(office.post("clerk", "/api/v1/erasures", {"person": self.asked, "ground": "request"}))
        self.upload = made(office.upload("clerk", CHILDREN, children()))["id"]

    def after(self) -> None:
        """More work, while somebody else registers people."""
        others = threading.Thread(target=self._others_register)
        others.start()
        self._people()
        self._help()
        self._accounts()
        self._erasures()
        others.join()

    def _relative(self, recipient: str, name: str, phone: str) -> Doc:
        body = {"name": name, "relation": "daughter", "presence": "away", "phones": [phone], "workplace": "温州"}
        return made(self.office.post("clerk", f"/api/v1/people/{recipient}/relatives", body))

    def _others_register(self) -> None:
        for n in range(8):
            registered(self.office, f"吴家{'一二三四五六七八'[n]}", birth=f"19{30 + n}-02-03")

    def _people(self) -> None:
        office = self.office
        office.upload("clerk", VOLUNTEERS, volunteers())
        import_all(office)  # and the roster that lay there when the backup was taken
        answered(office, "contact.proven.v1", self.changed, until=to_wire(office.desk.now()))
        eventually(lambda: person(office, self.changed)["contact"] == "proven", "the number answered", within=20)
        patch(office, "clerk", f"/api/v1/people/{self.changed}", {"phones": [NEW_PHONE], "categories": ["widowed_alone"]}, 1)
        self.daughter = self._relative(self.ended, "梁海霞", "13912340003")
        answered(office, "contact.proven.v1", self.daughter["relative"], until=to_wire(office.desk.now()))
        made(office.post("clerk", f"/api/v1/people/{self.ended}/ending", {"why": "moved"}, **at(1)))
        made(office.post("clerk", f"/api/v1/relatives/{self.kin['id']}/bar", {"order_day": "2026-01-05"}, **at(1)))
        made(office.post("admin", f"/api/v1/people/{self.held}/hold", {"ground": "case"}, **at(1)))
        made(office.post("clerk", f"/api/v1/people/{self.held}/consent-withdrawal", {}, **at(2)))

    def _help(self) -> None:
        office = self.office
        self.pair = office.get("clerk", "/api/v1/households/unsure").get_json()["items"][0]
        made(office.post("clerk", f"/api/v1/households/unsure/{self.pair['id']}/decision", {"together": True}))
        willing = office.get("clerk", "/api/v1/volunteers").get_json()["items"]
        for n, one in enumerate(willing[:8]):
            made(office.post("clerk", f"/api/v1/volunteers/{one['id']}/checks", {**CHECK, "passed": n > 0}))
        made(office.post("clerk", "/api/v1/pairing-proposals", {"branch": office.branch_id(TOWNSHIP)}))
        first, second, *_ = office.get("clerk", "/api/v1/pairings", state="proposed").get_json()["items"]
        made(office.post("clerk", f"/api/v1/pairings/{first['id']}/acceptance", {}, **at(1)))
        made(office.post("clerk", f"/api/v1/pairings/{second['id']}/acceptance", {}, **at(1)))
        made(office.post("clerk", f"/api/v1/pairings/{second['id']}/end", {"why": "asked"}, **at(2)))

    def _accounts(self) -> None:
        patch(self.office, "admin", f"/api/v1/accounts/{self.leaver['id']}", {"ended": True}, 1)
        patch(self.office, "admin", f"/api/v1/accounts/{self.changer['id']}", {"password": "another password"}, 1)
        self.newcomer = self.office.account("newcomer", Role.CLERK, TOWNSHIP)

    def _erasures(self) -> None:
        """One asked for before the backup and one after it, both done; and one that is agreed to and no more."""
        office = self.office
        made(office.post("super", f"/api/v1/erasures/{self.asked_of_old['id']}/approval", {}, **at(1)))
        self.done = [self.asked_of_old["id"], erase(office, self.erased)]
        erasures = Erasures(office.desk)
        while erasures.step():
            pass
        self.half = registered(office, "邹冬莲", phones=["13812340009"])["id"]
        erase(office, self.half)
