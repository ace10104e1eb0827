"""Every search of the log is answered from an index, page by page, however long it is: by person, actor, branch, kind, time."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from services.audit.log.leaf import document, read_leaf
from services.audit.queries import LogQueries
from services.audit.search import Wanted
from services.audit.store import prepare
from shared.access import Principal, Role
from shared.http.cursors import PAGE
from shared.ids import new_id
from tests.auditing import Office, body_of
from tests.county import County
from tests.servers import Vhost

MANY = 3_000
FEW = 20


class Filled:
    """A log of which a few entries, and not the newest, are of one person, actor, village, kind and hour."""

    def __init__(self, county: County) -> None:
        self.office, self.database = Office(county), county.service("audit").database
        self.home = county.settings.county
        prepare(self.database)
        self.actor, self.person = new_id(), new_id()
        rare = {"actor": self.actor, "branch": self.office.village, "time": "2026-03-01T02:00:00Z"}
        rare |= {"type": "wish.made.v1", "data": {"child": self.person}}
        odd, usual = {"branch": f"{self.office.township}/{new_id()}"}, range(MANY)
        rows = [body_of(county, **(rare if at % 100 == 0 and at < FEW * 100 else odd)) for at in usual]
        self.database["entries"].insert_many(document(read_leaf(body), at, self.home) for at, body in enumerate(rows))
        self.words = {"about": self.person, "actor": self.actor, "branch": self.office.village, "type": "wish.made.v1"}
        self.words |= {"first": "2026-03-01T00:00:00Z", "last": "2026-03-02T00:00:00Z"}
        self.queries = LogQueries(self.database, self.home)

    def plan(self, who: Principal, wanted: Wanted) -> dict[str, Any]:
        """How the database answers this search."""
        scope = self.queries._scope(who)
        find = {"find": "entries", "filter": {"$and": [scope, wanted.filter(self.home)]}, "limit": PAGE + 1}
        return dict(self.database.command("explain", {**find, "sort": dict(wanted.order(scope))}, verbosity="executionStats"))


@pytest.fixture(scope="module")
def filled(stack: Any, management: Any, mongo: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    management.make_vhost("lookup")
    host = Vhost("lookup", stack.rabbit.amqp_url_of("lookup"))
    county = County(stack, host, f"t{new_id()[-12:]}", tmp_path_factory.mktemp("lookup"))
    yield Filled(county)
    county.service("audit").client.drop_database(county.service("audit").database.name)
    county.close()
    management.drop_vhost("lookup")


ASKED = [tuple(names) for most in (1, 2, 3) for names in combinations(("about", "actor", "branch", "type", "first"), most)]


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.SUPERVISOR, Role.CLERK])
@pytest.mark.parametrize("names", ASKED, ids="+".join)
def test_a_search_walks_an_index_and_reads_little_more_than_it_finds(
    filled: Filled, names: tuple[str, ...], role: Role
) -> None:
    bound = ("first", "last") if "first" in names else ()
    wanted = Wanted(**{name: filled.words[name] for name in (*(n for n in names if n != "first"), *bound)})
    who = filled.office.principal(role)
    assert [row["_id"] % 100 for row in filled.queries.entries(who, wanted)] == [0] * FEW
    told = filled.plan(who, wanted)
    plan = str(told["queryPlanner"]["winningPlan"])
    assert "COLLSCAN" not in plan
    assert "IXSCAN" in plan
    if role is not Role.SUPERVISOR or names != ("first",):  # a township's whole past is walked for its oldest days
        assert told["executionStats"]["totalDocsExamined"] <= FEW * 3


def test_a_time_alone_is_answered_in_its_order_page_by_page(filled: Filled) -> None:
    who, wanted = filled.office.principal(Role.INSPECTOR), Wanted(last="2026-12-01T00:00:00Z")
    seen: list[int] = []
    position: list[Any] | None = None
    while rows := filled.queries.entries(who, wanted, position, PAGE):
        seen += [row["_id"] for row in rows]
        position = wanted.position(rows[-1])
    assert sorted(seen) == list(range(MANY))
    assert len(seen) == MANY
    assert seen[-FEW:] == [at * 100 for at in range(FEW)]
    plan = filled.plan(who, wanted)
    assert "'SORT'" not in str(plan["queryPlanner"]["winningPlan"])
    assert plan["executionStats"]["totalDocsExamined"] <= PAGE + 1


def test_a_branch_outside_the_own_scope_or_county_is_not_even_looked_for(filled: Filled) -> None:
    office, queries = filled.office, filled.queries
    other = f"{filled.home}/{new_id()}"
    assert queries.entries(office.principal(Role.SUPERVISOR), Wanted(branch=other)) == []
    assert queries.entries(office.principal(Role.CLERK), Wanted(branch=f"{office.township}/{new_id()}")) == []
    assert queries.entries(office.principal(Role.INSPECTOR), Wanted(branch=new_id())) == []
    assert len(queries.entries(office.principal(Role.INSPECTOR), Wanted(branch=filled.home))) == PAGE + 1
    assert len(queries.entries(office.principal(Role.CLERK), Wanted(branch=office.township))) == FEW


def test_the_page_offers_every_filter_and_finds_a_person_by_the_human_number(filled: Filled) -> None:
    filled.database["persons"].insert_one({"_id": filled.person, "number": "360124103-000007", "branch": filled.office.village})
    for path, name in ((filled.office.township, "文港镇"), (filled.office.village, "曾湾村")):
        row = {"_id": path.rsplit("/", 1)[1], "path": path, "name": name, "level": "village"}
        filled.database["branches"].insert_one(row)
    row = {"size": 0, "signed": 0, "counts": {}, "signed_at": None, "origin": "", "key": "", "note": b""}
    filled.database["log"].insert_one({"_id": "log", **row})
    page = filled.office.get("/pages/audit/log?about=360124103-000007", Role.INSPECTOR).text
    for name in ("type", "first_day", "last_day", "about", "branch", "actor"):
        assert f'name="{name}"' in page, name
    assert "文港镇 · 曾湾村" in page
    assert page.count("/pages/audit/entries/") == FEW
    by = filled.office.get(f"/pages/audit/log?actor={filled.actor}&branch={filled.office.village}", Role.INSPECTOR).text
    assert by.count("/pages/audit/entries/") == FEW
